import Foundation
import Subprocess
import Testing

@testable import SluiceEmbedded

@Suite(.timeLimit(.minutes(10)))
struct PrivateRedisTests {
    @Test func itEndsWithItsOwnerThoughTheOwnersOtherChildrenLive() async throws {
        var redis: PrivateRedis? = try await PrivateRedis()
        let directory = try #require(redis?.directory)
        let process = try #require(await redis?.processID)
        // A child that inherited our end of the keeper's socket would keep the server alive.
        _ = try await run(.name("cat"), input: .inputWriter, output: .discarded, error: .discarded) { execution in
            redis = nil
            try await eventually { !FileManager.default.fileExists(atPath: directory) }
            try await eventually { kill(process, 0) != 0 }
            try await execution.standardInputWriter.finish()
        }
    }

    @Test func itEndsWithItsOwnerEvenWhenSuspended() async throws {
        var redis: PrivateRedis? = try await PrivateRedis()
        let directory = try #require(redis?.directory)
        try await redis?.suspend()
        redis = nil
        try await eventually { !FileManager.default.fileExists(atPath: directory) }
    }

    @Test func aFailedStartLeavesNothingBehind() async throws {
        var options = PrivateRedis.Options()
        let directory = try PrivateRedis.makeDirectory()
        options.directory = directory
        options.configuration = ["no-such-setting 1"]
        let error = await #expect(throws: EmbeddedRedisError.self) { try await PrivateRedis(options) }
        #expect("\(error, default: "none")".contains("no-such-setting"))
        try await eventually { !FileManager.default.fileExists(atPath: directory) }

        let second = try PrivateRedis.makeDirectory()
        options.directory = second
        options.searchPath = "/nowhere"
        await #expect(throws: EmbeddedRedisError.notInstalled) { try await PrivateRedis(options) }
        #expect(!FileManager.default.fileExists(atPath: second))
    }
}
