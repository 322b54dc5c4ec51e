import ArgumentParser
import Foundation
import SluiceCore
import SluiceEmbedded
import SluiceToolSupport

struct RedisClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cli", abstract: "Run redis-cli on it, or on the server that --redis or $SLUICE_REDIS_URL names.",
        discussion: "For example: sluice redis cli FCALL_RO sluice_help 0")

    @OptionGroup var global: GlobalOptions

    @Argument(parsing: .captureForPassthrough, help: "Passed on as they are.")
    var arguments: [String] = []

    func run() async throws {
        let call = try await global.redisClient()
        if let warning = call.warning { Terminal.complain(warning) }
        if let password = call.password { setenv("REDISCLI_AUTH", password, 1) }
        let client = (try? await RedisExecutable.find())?.clientPath ?? "redis-cli"
        throw ProgramPath.replaceProcess([client] + call.options + arguments)
    }
}
