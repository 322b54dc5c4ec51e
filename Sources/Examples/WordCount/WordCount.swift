// A workflow that fans out and in: a job for each file counts its words, and one job adds up what they returned.
//
//     swift run example-workflow README.md LICENSE
//
// SLUICE_REDIS_URL names the Redis. The worker is in the same process here; it may be in others, on other machines.

import Foundation
import Logging
import ServiceLifecycle
import Sluice
import SluiceWorker

struct CountWords: Job {
    static let kind = "count-words"
    static let options = JobOptions(queue: "words", maxAttempts: 5)
    typealias Output = Int
    var path: String
}

struct AddUp: Job {
    static let kind = "add-up"
    static let options = JobOptions(queue: "words", maxAttempts: 5)
    typealias Output = Int
}

@main
struct WordCount {
    static func main() async throws {
        let url = ProcessInfo.processInfo.environment["SLUICE_REDIS_URL"] ?? "redis://127.0.0.1:6379"
        let sluice = try await SluiceClient(.url(url))
        let services = ServiceGroup(
            services: [sluice, counter(sluice)], gracefulShutdownSignals: [], logger: Logger(label: "example-workflow"))
        async let serving: Void = services.run()
        let answer = try await count(Array(CommandLine.arguments.dropFirst()), sluice)
        await services.triggerGracefulShutdown()
        try await serving
        print(answer.text)
        exit(answer.isGood ? 0 : 1)
    }

    static func counter(_ sluice: SluiceClient) -> Worker {
        let worker = Worker(sluice, queues: [Queue("words", concurrency: 4)])
        worker.handle(CountWords.self) { (job, _) -> Int in
            guard let data = FileManager.default.contents(atPath: job.path) else {
                // No further attempt: a file that is not there does not come.
                throw JobInterruption.discard(reason: "cannot read \(job.path)")
            }
            return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace).count
        }
        worker.handle(AddUp.self) { (_, context) -> Int in
            try await context.outputs(ofEach: "count", from: CountWords.self).reduce(0, +)
        }
        return worker
    }

    static func count(_ paths: [String], _ sluice: SluiceClient) async throws -> (text: String, isGood: Bool) {
        var flow = Workflow("word-count")
        // The nodes are named count-0, count-1 and so on.
        let counts = flow.add(each: "count", paths.map { CountWords(path: $0) })
        flow.add("sum", AddUp(), after: counts)
        let handle = try await sluice.enqueue(flow)
        let status = try await handle.wait(timeout: .seconds(60))
        guard status.state == .completed else {
            return ("the workflow \(handle.id) is \(status.state.rawValue); see: sluice workflows show \(handle.id)", false)
        }
        return ("\(try await handle.output(of: "sum", from: AddUp.self)) words in \(paths.count) files", true)
    }
}
