/// Why a URL names no Redis server, in one line that can be shown to a user: it never repeats the URL, which may hold a password.
package struct RedisURLError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
