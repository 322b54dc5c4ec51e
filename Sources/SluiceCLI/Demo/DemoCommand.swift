import ArgumentParser
import Foundation
import SluiceCore
import SluiceEmbedded
import SluiceInspector
import SluiceToolSupport

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "See it work: hash real files with three worker processes, one of which is killed.",
        discussion: """
            Starts a private Redis that is thrown away at the end, enqueues a job for each file, which computes its SHA-256, and \
            lets three worker processes run them. In the middle one of them gets SIGKILL and is replaced. At the end each \
            digest is compared with one computed directly, and the data in Redis is audited. Exit status 1 if anything is \
            missing or wrong. Files are only read. With --cluster it is a cluster of three primaries and three replicas, and the \
            primary that has the queue gets SIGKILL as well.
            """)

    @OptionGroup var global: GlobalOptions

    @Argument(help: "A directory; symbolic links in it are not followed.", completion: .directory)
    var path = "/usr/share/doc"

    @Option(help: ArgumentHelp("Files at most.", valueName: "n"))
    var files = 3000

    @Flag(help: "Run on a private Redis Cluster, and kill a primary of it, too.")
    var cluster = false

    func validate() throws {
        if global.redis != nil { throw ValidationError("the demo brings its own Redis: leave --redis away") }
        guard (1...1_000_000).contains(files) else { throw ValidationError("--files is 1 to 1000000") }
    }

    func run() async throws {
        var screen = DemoScreen(Terminal.output, isSilent: global.json)
        let scan = try FileScan(path, limit: files)
        guard !scan.files.isEmpty else {
            throw Failure("there are no files to read under \(path)" + skipped(scan), status: .usage)
        }
        let style = Terminal.output.style
        try screen.say(
            style.paint("SHA-256 of \(HumanText.count(scan.files.count, "file"))", .bold)
                + " under \(HumanText.visible(path)), \(HumanText.bytes(scan.bytes))" + skipped(scan))
        try screen.say(
            "A job for each, three worker processes; in the middle one of them is killed\(cluster ? ", and a primary of the cluster" : "")."
        )
        try screen.say()
        let outcome = await Interruption.heeding { [screen] in
            if cluster {
                return try await withPrivateCluster { cluster in
                    var run = DemoRun(scan.files, on: cluster.url, cluster: cluster, screen: screen)
                    return try await run.run()
                }
            }
            return try await withPrivateRedis { url in
                var run = DemoRun(scan.files, on: url, screen: screen)
                return try await run.run()
            }
        }
        if outcome.isInterrupted {
            Terminal.complain("interrupted: worker processes and Redis are gone, nothing is left behind")
            throw ExitCode(130)
        }
        let report = try outcome.result.get()
        if global.json {
            try Terminal.output.json(report.json)
        } else {
            try screen.say()
            try Terminal.output.lines(report.lines(style: style))
        }
        if !report.isGood { throw ExitCode.no }
    }

    private func skipped(_ scan: FileScan) -> String {
        scan.unreadable > 0 ? "; \(HumanText.number(scan.unreadable)) cannot be read and are left out" : ""
    }

    /// Runs `body` with a throwaway Redis, and returns when the server is completely gone.
    private func withPrivateRedis<Value: Sendable>(_ body: (String) async throws -> Value) async throws -> Value {
        let directory = try PrivateRedis.makeDirectory()
        let result: Result<Value, any Error>
        do {
            var options = PrivateRedis.Options()
            options.appendOnly = true
            options.directory = directory
            let redis = try await PrivateRedis(options)
            result = .success(try await body(redis.url))
            withExtendedLifetime(redis) {}
        } catch {
            result = .failure(error)
        }
        await untilGone([directory])
        return try result.get()
    }

    /// The same with a throwaway cluster.
    private func withPrivateCluster<Value: Sendable>(_ body: (PrivateCluster) async throws -> Value) async throws -> Value {
        var options = PrivateCluster.Options()
        options.appendOnly = true
        var cluster: PrivateCluster? = try await PrivateCluster(options)
        let directories = cluster?.nodes.map(\.directory) ?? []
        var result: Result<Value, any Error> = .failure(CancellationError())
        do {
            if let cluster { result = .success(try await body(cluster)) }
        } catch {
            result = .failure(error)
        }
        cluster = nil
        await untilGone(directories)
        return try result.get()
    }

    /// The owner of a server removes its directory after its end. This wait goes on even if the command is cancelled.
    private func untilGone(_ directories: [String]) async {
        await Task {
            for _ in 0..<500 where directories.contains(where: FileManager.default.fileExists(atPath:)) {
                try? await Task.sleep(for: .milliseconds(10))
            }
        }.value
    }
}
