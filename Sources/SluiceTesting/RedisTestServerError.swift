/// What went wrong around a test server, in words.
public struct RedisTestServerError: Error, CustomStringConvertible {
    /// The whole message; error replies of Redis come with their code first, such as `WRONGTYPE`.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
