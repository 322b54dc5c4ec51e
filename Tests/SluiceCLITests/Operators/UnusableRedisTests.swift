import Foundation
import Hiredis
import NIOCore
import NIOPosix
import SluiceTesting
import Testing

@testable import SluiceCLI

/// Answers whatever comes as a web server does.
private final class WebServer: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let answer = ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
    }
}

/// Every way in which Redis cannot be used: one line that says what and what to do, status 3, nothing on standard output.
@Suite(.timeLimit(.minutes(10)))
struct UnusableRedisTests {
    private func expectRefusal(
        _ result: Tool.Result, saying words: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == 3, sourceLocation: sourceLocation)
        #expect(result.output == "", sourceLocation: sourceLocation)
        #expect(result.error.hasPrefix("sluice: "), sourceLocation: sourceLocation)
        #expect(result.error.split(separator: "\n").count == 1, sourceLocation: sourceLocation)
        for word in words { #expect(result.error.contains(word), sourceLocation: sourceLocation) }
    }

    @Test(arguments: [
        ["status"], ["enqueue", "mail"], ["jobs", "show", "a"], ["queues", "pause", "mail"], ["audit"], ["tail"],
        ["library", "version"], ["workers", "list"],
    ]) func nothingListens(command: [String]) async throws {
        expectRefusal(try await Tool.run(["--redis", "redis://127.0.0.1:1"] + command), saying: "127.0.0.1:1", "--redis")
    }

    @Test func theVariableNamesTheServer() async throws {
        let result = try await Tool.run(["status"], environment: ["SLUICE_REDIS_URL": "redis://127.0.0.1:1"])
        expectRefusal(result, saying: "127.0.0.1:1")
        let nonsense = try await Tool.run(["status"], environment: ["SLUICE_REDIS_URL": "ftp://secret"])
        #expect(nonsense.status == 2)
        #expect(nonsense.error.contains("$SLUICE_REDIS_URL"))
        #expect(!nonsense.error.contains("secret"))
    }

    @Test func thePrivateServerCannotStart() async throws {
        let result = try await Tool.run(["status"], environment: ["SLUICE_HOME": "/dev/null/x"])
        expectRefusal(result, saying: "/dev/null/x")
    }

    @Test func aWrongPassword() async throws {
        let server = try await RedisTestServer.start(.init(config: ["requirepass right"]))
        let socket = server.socketURL.dropFirst("unix://".count)
        let wrong = try await Tool(server: server, url: "unix://:wrong@\(socket)").run("enqueue", "mail")
        expectRefusal(wrong, saying: "password")
        #expect(!wrong.error.contains("wrong@"))
        expectRefusal(try await Tool(server: server).run("status"), saying: "password")
        #expect(try await Tool(server: server, url: "unix://:right@\(socket)").run("enqueue", "mail").status == 0)
    }

    @Test func somethingElseListens() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { $0.pipeline.addHandler(WebServer()) }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        expectRefusal(try await Tool.run(["--redis", "redis://127.0.0.1:\(port)", "status"]), saying: "Is it Redis")
        try await channel.close()
    }

    @Test func aReplica() async throws {
        let primary = try await RedisTestServer.start(.init(tcp: true))
        _ = try await Tool(server: primary).run("enqueue", "mail")
        let replica = try await RedisTestServer.start(.init(replicaOf: primary))
        // WAIT returns when the replica has all that was written so far.
        while try await primary.cli("WAIT", "1", "1000") != "1" {}
        expectRefusal(try await Tool(server: replica).run("enqueue", "mail"), saying: "replica", "primary")
        #expect(try await Tool(server: replica).run("status", "mail").status == 0)
    }

    @Test func aFullServer() async throws {
        let server = try await RedisTestServer.start()
        let tool = try await Tool(server: server)
        _ = try await tool.run("enqueue", "mail", "--id", "a")
        try await server.cli("CONFIG", "SET", "maxmemory", "1")
        expectRefusal(try await tool.run("enqueue", "mail"), saying: "memory limit")
        expectRefusal(try await tool.run("enqueue", "mail", "--lines", input: "a\nb"), saying: "memory limit")
        #expect(try await tool.run("jobs", "cancel", "a").status == 0)
    }

    /// A job whose arguments do not arrive is found by its id all the same.
    @Test func aServerWhoseRepliesAreBounded() async throws {
        let server = try await RedisTestServer.start()
        let tool = try await Tool(server: server)
        let large = "\"" + String(repeating: "x", count: 900_000) + "\""
        #expect(try await tool.run("enqueue", "mail", "--id", "a", "--args", "-", input: large).status == 0)
        _ = try await tool.run("enqueue", "other", "--id", "b")
        try await server.cli("CONFIG", "SET", "client-output-buffer-limit", "normal 262144 262144 0")
        #expect(try await tool.run("jobs", "show", "a").status == 3)
        let why = try await tool.run("jobs", "explain", "a")
        #expect(why.status == 0 && why.output.contains("no worker"), "\(why)")
        let cancel = try await tool.run("jobs", "cancel", "a")
        #expect(cancel.status == 0 && cancel.output == "a  cancelled\n", "\(cancel)")
    }

    @Test func aServerThatEvictsIsWarnedOf() async throws {
        let server = try await RedisTestServer.start(.init(config: ["maxmemory-policy allkeys-lru"]))
        let tool = try await Tool(server: server)
        for command in [["enqueue", "mail"], ["status"]] {
            let result = try await Tool.run(["--redis", tool.url] + command)
            #expect(result.status == 0)
            #expect(result.error.split(separator: "\n").count == 1)
            #expect(result.error.contains("warning"))
            #expect(result.error.contains("noeviction"))
        }
    }

    @Test func aServerWithoutRoomForOneMoreClient() async throws {
        let server = try await RedisTestServer.start()
        let tool = try await Tool(server: server)
        _ = try await tool.run("status")
        try await server.cli("CONFIG", "SET", "maxclients", "1")
        let held = RedisClient(try RedisConfiguration(url: server.socketURL))
        _ = try await held.send(["PING"])
        let result = try await tool.run("status")
        expectRefusal(result, saying: "maxclients")
        #expect(!result.error.contains("Does it run") && !result.error.contains("ERR"), "\(result.error)")
        await held.close()
    }

    @Test func aPlainServerIsNotTakenForOneThatSpeaksTLSNorTheOtherWayRound() async throws {
        let server = try await RedisTestServer.start(.init(tcp: true, tls: true))
        let (plain, secure) = (try #require(server.tcpPort), try #require(server.tlsPort))
        expectRefusal(try await Tool.run(["--redis", "redis://127.0.0.1:\(secure)", "status"]), saying: "rediss://")
        expectRefusal(
            try await Tool.run(["--redis", "rediss://127.0.0.1:\(plain)?verify=none", "status"]),
            saying: "if it does not speak TLS there, the URL begins with redis://")
    }

    @Test func aForeignLibrary() async throws {
        let server = try await RedisTestServer.start()
        try await server.cli("FUNCTION", "LOAD", "#!lua name=sluice\nredis.register_function('other', function() return 1 end)")
        expectRefusal(try await Tool(server: server).run("status"), saying: "FUNCTION DELETE sluice")
    }

    @Test func aNewerLibrary() async throws {
        let server = try await RedisTestServer.start()
        let text = """
            #!lua name=sluice
            redis.register_function{function_name='sluice_version', callback=function() return {9, 1, 0} end, flags={'no-writes'}}
            """
        try await server.cli("FUNCTION", "LOAD", text)
        expectRefusal(try await Tool(server: server).run("status"), saying: "upgrade")
    }

    @Test func aMissingPermission() async throws {
        let server = try await RedisTestServer.start(.init(aclUsers: ["looker on >secret ~* +@all -fcall"]))
        _ = try await Tool(server: server).run("status")
        let url = "unix://looker:secret@" + server.socketURL.dropFirst("unix://".count)
        expectRefusal(try await Tool(server: server, url: url).run("enqueue", "mail"), saying: "permission")
    }
}
