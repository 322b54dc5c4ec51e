import Foundation
import SluiceCore
import SluiceStore
import Subprocess
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Producers that follow `ASK` by themselves, which the guard of the functions is there for. Each repeats what was refused, as the
/// article on other clients tells it to.
struct OtherProducers {
    let url: URL
    let load: SpreadLoad

    init(_ load: SpreadLoad) throws {
        self.load = load
        let text = load.url.replacing("redis+cluster", with: "redis")
        url = try #require(URL(string: String(text.prefix { $0 != "," })))
    }

    /// What was taken, and what was refused, by the first word of the answer.
    struct Taken: Sendable {
        var ids: Set<String> = []
        var refusals: [String: Int] = [:]
    }

    /// Enqueues with `redis-cli -c`, a process for each job, until it is told to stop.
    func cli(_ queue: QueueName, until isOver: @Sendable () -> Bool) async throws -> Taken {
        var taken = Taken()
        let arguments = ["-c", "-h", url.host() ?? "", "-p", "\(url.port ?? 0)", "FCALL", "sluice_enqueue", "1"]
        for number in 0... {
            if isOver() { break }
            let id = "\(queue)-cli-\(number)"
            while true {
                let result = try await Subprocess.run(
                    .name("redis-cli"),
                    arguments: Arguments(arguments + [load.store.keys.base(queue), id, #"{"kind":"load","args":0}"#, ""]),
                    environment: .inherit.updating(["REDISCLI_AUTH": url.password()]), output: .string(limit: 1 << 16),
                    error: .string(limit: 1 << 16))
                let words = (result.standardOutput + result.standardError).split(whereSeparator: \.isWhitespace)
                if words.contains(Substring(id)) { break }
                let refusal = String(words.first ?? "nothing")
                taken.refusals[refusal, default: 0] += 1
                guard ["MOVING", "TRYAGAIN", "CLUSTERDOWN"].contains(refusal) else {
                    Issue.record("redis-cli: \(words.joined(separator: " "))")
                    return taken
                }
                try await Task.sleep(for: .milliseconds(50))
            }
            taken.ids.insert(id)
        }
        return taken
    }

    /// Enqueues a number of jobs with redis-py, in one process; nil where it is not installed.
    func python(_ queue: QueueName, jobs: Int) async throws -> Taken? {
        let result = try await Subprocess.run(
            .name("python3"),
            arguments: [
                "-c", Self.script, url.host() ?? "", "\(url.port ?? 0)", load.store.keys.base(queue), "\(queue)-py", "\(jobs)",
            ],
            environment: .inherit.updating(["REDISCLI_AUTH": url.password()]), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else {
            if result.standardError.contains("No module named 'redis'") { return nil }
            Issue.record("redis-py: \(result.standardError.suffix(2000))")
            return Taken()
        }
        var taken = Taken()
        for line in result.standardOutput.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words[0] == "taken" { taken.ids.insert(words[1]) } else { taken.refusals[words[1], default: 0] += 1 }
        }
        return taken
    }

    /// With the loop of the article.
    private static let script = """
        import os, sys, time
        from redis.cluster import RedisCluster
        from redis.exceptions import ResponseError
        host, port, key, prefix, jobs = sys.argv[1:]
        redis = RedisCluster(host=host, port=int(port), password=os.environ["REDISCLI_AUTH"])
        def call(*words):
            pause = 0.05
            while True:
                try:
                    return redis.execute_command("FCALL", *words)
                except ResponseError as error:
                    if not str(error).startswith(("MOVING", "TRYAGAIN", "CLUSTERDOWN")):
                        raise
                    print("refused", str(error).split()[0])
                time.sleep(pause)
                pause = min(pause * 2, 1)
        for number in range(int(jobs)):
            call("sluice_enqueue", 1, key, f"{prefix}-{number}", '{"kind":"load","args":0}', "")
            print("taken", f"{prefix}-{number}")
            time.sleep(0.02)
        """
}

extension URL {
    fileprivate func password() -> String? { password(percentEncoded: false) }
}
