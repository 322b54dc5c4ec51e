import Testing

@testable import Hiredis

@Suite struct RedisURLTests {
    typealias Expected = (url: String, endpoint: RedisEndpoint, user: String?, password: String?, database: Int)

    @Test(
        arguments: [
            ("redis://localhost", .tcp(host: "localhost", port: 6379), nil, nil, 0),
            ("REDIS://localhost/", .tcp(host: "localhost", port: 6379), nil, nil, 0),
            ("redis://10.0.0.1:7000/3", .tcp(host: "10.0.0.1", port: 7000), nil, nil, 3),
            ("redis://:secret@host:1", .tcp(host: "host", port: 1), nil, "secret", 0),
            ("redis://me:se:cret@host", .tcp(host: "host", port: 6379), "me", "se:cret", 0),
            ("redis://me:a@b@host", .tcp(host: "host", port: 6379), "me", "a@b", 0),
            ("redis://m%40e:p%2Fw%23%25@host/1", .tcp(host: "host", port: 6379), "m@e", "p/w#%", 1),
            ("redis://:@host", .tcp(host: "host", port: 6379), nil, "", 0),
            ("redis://[::1]", .tcp(host: "::1", port: 6379), nil, nil, 0),
            ("redis://:p@[fe80::1]:6380/2", .tcp(host: "fe80::1", port: 6380), nil, "p", 2),
            ("unix:///run/redis.sock", .unix(path: "/run/redis.sock"), nil, nil, 0),
            ("unix:///run/my%20redis.sock?db=4", .unix(path: "/run/my redis.sock"), nil, nil, 4),
            ("unix://me:pw@/run/r", .unix(path: "/run/r"), "me", "pw", 0),
            ("unix:///" + String(repeating: "a", count: 106), .unix(path: "/" + String(repeating: "a", count: 106)), nil, nil, 0),
        ] as [Expected])
    func reads(expected: Expected) throws {
        let configuration = try RedisConfiguration(url: expected.url)
        #expect(configuration.endpoint == expected.endpoint)
        #expect(configuration.username == expected.user)
        #expect(configuration.password == expected.password)
        #expect(configuration.database == expected.database)
        #expect(configuration.tls == nil)
    }

    @Test func readsWhatTLSNeeds() throws {
        #expect(try RedisConfiguration(url: "rediss://host").tls == RedisTLS())
        let configuration = try RedisConfiguration(url: "rediss://:pw@host:1/2?ca=/c%20a.pem&cert=/c.pem&key=/k.pem&verify=none")
        #expect(
            configuration.tls
                == RedisTLS(authorities: "/c a.pem", certificate: "/c.pem", privateKey: "/k.pem", verification: .none))
        #expect(configuration.database == 2)
        #expect(configuration.description == "host:1/2 (TLS)")
    }

    @Test(arguments: [
        ("", "redis://"), ("localhost:6379", "redis://"), ("http://host", "redis://"),
        ("redis://", "no host"), ("redis://:6379", "no host"), ("redis://:pw-XYZZY@", "no host"),
        ("redis://host:0", "port"), ("redis://host:65536", "port"), ("redis://host:abc", "port"),
        ("redis://host/x", "database"), ("redis://host/-1", "database"), ("redis://host/1/2", "database"),
        ("redis://::1", "brackets"), ("redis://[::1", "bracket"), ("redis://[::1]x", "host"),
        ("redis://XYZZY@host", "no password"), ("redis://:XYZZY%4@host", "hexadecimal"),
        ("redis://:XYZZY%zz@host", "hexadecimal"),
        ("redis://:%ff@host", "UTF-8"), ("redis://:XYZZY#1@host", "%23"),
        ("redis://host?ca=/x", "rediss"), ("redis://host?db=1", "'db'"), ("rediss://host?verify=maybe", "verify"),
        ("rediss://host?cert=/x", "together"), ("rediss://host?verify", "name=value"), ("rediss://host?foo=1", "'foo'"),
        ("unix://", "absolute"), ("unix:///", "absolute"), ("unix://run/redis.sock", "absolute"), ("unix:///r?db=x", "database"),
        ("unix:///" + String(repeating: "a", count: 107), "107"), ("unix:///r?verify=none", "'verify'"),
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
}
