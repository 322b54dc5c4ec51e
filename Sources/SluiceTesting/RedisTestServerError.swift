/// A failure of a test server or of `redis-cli`.
public struct RedisTestServerError: Error, CustomStringConvertible {
    /// The message. An error reply of Redis is in it with its code, such as `WRONGTYPE`.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
