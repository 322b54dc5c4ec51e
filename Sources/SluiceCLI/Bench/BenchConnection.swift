import ArgumentParser
import SluiceEmbedded

/// How the bench reaches its private Redis.
enum BenchConnection: String, ExpressibleByArgument, CaseIterable {
    case tcp, unix

    /// The server to start.
    var server: PrivateRedis.Options {
        var options = PrivateRedis.Options()
        options.tcp = self == .tcp
        return options
    }

    /// Where the server listens.
    static func url(of redis: PrivateRedis) -> String {
        redis.tcpPort.map { "redis://127.0.0.1:\($0)" } ?? redis.url
    }

    /// How a URL is reached: `unix`, `tls` or `tcp`.
    static func name(of url: String) -> String {
        let url = url.lowercased()
        return url.hasPrefix("unix:") ? "unix" : url.hasPrefix("rediss") ? "tls" : "tcp"
    }
}
