import Testing

@testable import Hiredis

/// URLs of several servers.
@Suite struct RedisTopologyURLTests {
    private func sentinel(_ configuration: RedisConfiguration) throws -> SentinelConfiguration {
        guard case .sentinel(let sentinel) = configuration.topology else {
            throw RedisURLError("no sentinels: \(configuration)")
        }
        return sentinel
    }

    @Test(
        arguments: [
            ("redis+sentinel://s1/mymaster", [("s1", 26379)], "mymaster", 0),
            ("redis+sentinel://s1:1,s2,10.0.0.3:3/shop", [("s1", 1), ("s2", 26379), ("10.0.0.3", 3)], "shop", 0),
            ("Redis+Sentinel://[::1],[fe80::1]:5,s%2d3/a.b-c/", [("::1", 26379), ("fe80::1", 5), ("s-3", 26379)], "a.b-c", 0),
            ("redis+sentinel://s1,s1:26379,s1/my%3Amaster?db=3", [("s1", 26379)], "my:master", 3),
        ] as [(String, [(String, Int)], String, Int)])
    func readsSentinels(url: String, hosts: [(String, Int)], name: String, database: Int) throws {
        let configuration = try RedisConfiguration(url: url)
        let endpoints = hosts.map { RedisEndpoint.tcp(host: $0.0, port: $0.1) }
        #expect(configuration.topology == .sentinel(SentinelConfiguration(sentinels: endpoints, primaryName: name)))
        #expect(configuration.endpoint == endpoints.first)
        #expect(configuration.database == database)
        #expect(configuration.tls == nil && configuration.username == nil && configuration.password == nil)
    }

    @Test func theServerAndItsSentinelsHaveCredentialsOfTheirOwn() throws {
        let url = "rediss+sentinel://me:p%40w,@s1,s2/m?sentinel-user=w&sentinel-password=s%26ntry&db=2&ca=/ca.pem"
        let configuration = try RedisConfiguration(url: url)
        #expect(configuration.username == "me" && configuration.password == "p@w,")
        #expect(configuration.tls == RedisTLS(authorities: "/ca.pem"))
        let found = try sentinel(configuration)
        #expect(found.username == "w" && found.password == "s&ntry")
        #expect(configuration.description == "database 2 of m by sentinel s1:26379, s2:26379 (TLS)")

        let alone = try sentinel(RedisConfiguration(url: "redis+sentinel://s1/m?sentinel-user=&sentinel-password=x"))
        #expect(alone.username == nil && alone.password == "x")
        let file = try RedisConfiguration(url: "redis+sentinel://me@s1/m?sentinel-password=x", passwordFile: "/p")
        #expect(file.username == "me" && file.passwordFile == "/p")
        #expect(try sentinel(file).password == "x")
    }

    @Test func readsTheSeedsOfACluster() throws {
        let seeds = [RedisEndpoint.tcp(host: "n1", port: 7000), .tcp(host: "::1", port: 6379)]
        for url in ["redis+cluster://n1:7000,[::1]", "redis+cluster://n1:7000,[::1]:6379/", "redis+cluster://n1:7000,[::1]/0"] {
            let configuration = try RedisConfiguration(url: url)
            #expect(configuration.topology == .cluster(seeds: seeds))
            #expect(configuration.endpoint == seeds[0] && configuration.tls == nil)
        }
        let secure = try RedisConfiguration(url: "rediss+cluster://me:pw-XYZZY@n1,n2?verify=none&db=0")
        #expect(secure.tls?.verification == RedisTLS.Verification.none)
        #expect(secure.username == "me" && secure.password == "pw-XYZZY")
        #expect(secure.description == "cluster n1:6379, n2:6379 (TLS)")
        let file = try RedisConfiguration(url: "redis+cluster://me@n1", passwordFile: "/p")
        #expect(file.username == "me" && file.passwordFile == "/p")
    }

    @Test(arguments: [
        ("redis://a,b", "redis+sentinel:// or redis+cluster://"), ("rediss://a:1,b:2/1", "rediss:// takes one host"),
        ("redis+sentinel://", "no host"), ("redis+sentinel://s1", "name is missing"), ("redis+sentinel://s1/", "name is missing"),
        ("redis+sentinel://s1,,s2/m", "empty"), ("redis+sentinel://s1,/m", "empty"), ("redis+sentinel://:1,s2/m", "no host"),
        ("redis+sentinel://s1/m/0", "?db=N"), ("redis+sentinel://s1/m?db=x", "database"),
        ("redis+sentinel://s1/my%0Amaster", "control"), ("redis+sentinel://::1/m", "brackets"),
        ("redis+sentinel://s1/m?ca=/x", "rediss+sentinel://"), ("redis+sentinel://XYZZY@s1/m", "no password"),
        ("redis+sentinel://s1/m?sentinel-user=w", "sentinel-password"), ("redis+sentinel://s1:x/m", "port"),
        ("redis+sentinel://s1/m?name=m", "'name'"), ("redis+sentinel:///m", "no host"),
        ("redis+cluster://", "no host"), ("redis+cluster://n1,", "empty"), ("redis+cluster://n1/1", "only database 0"),
        ("redis+cluster://n1/mymaster", "database"), ("redis+cluster://n1?db=2", "only database 0"),
        ("redis+cluster://n1?key=/k", "rediss+cluster://"), ("rediss+cluster://n1?key=/k", "together"),
        ("redis+cluster://n1?sentinel-password=XYZZY", "'sentinel-password'"), ("redis+cluster://XYZZY@n1", "no password"),
        ("redis+cluster://:XYZZY@n1:0,n2", "port"), ("redis+other://n1", "redis+cluster://"), ("unix+sentinel:///s/m", "unix://"),
    ])
    func refusesInOneLineWithoutTheSecret(url: String, reason: String) {
        do throws(RedisURLError) {
            let configuration = try RedisConfiguration(url: url)
            Issue.record("\(url) was read as \(configuration)")
        } catch {
            #expect(error.description.contains(reason), "\(url): \(error)")
            #expect(!error.description.contains("XYZZY") && !error.description.contains("\n"))
        }
    }

    @Test(arguments: ["redis+sentinel://me:XYZZY@s1/m?sentinel-user=w&sentinel-password=XYZZY", "redis+cluster://:XYZZY@n1,n2"])
    func aDescriptionHasNoSecret(url: String) throws {
        let configuration = try RedisConfiguration(url: url)
        #expect(!configuration.description.contains("XYZZY") && !configuration.place.contains("XYZZY"))
    }
}
