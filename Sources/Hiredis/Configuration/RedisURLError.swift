/// The reason why a URL does not name a Redis server, in one line for users. It never repeats the URL, which may hold a password.
package struct RedisURLError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }

    static let noScheme = RedisURLError(
        "the URL must begin with redis://, rediss:// for TLS, redis+sentinel://, redis+cluster:// or unix://")
}
