import Hiredis
import Sluice
import SluiceCore
import SluiceInspector
import SluiceTesting
import TestSupport
import Testing

/// What must be true of jobs of the queues `load` and `away` that others wait for, whatever became of their workers.
extension Load {
    static let both: [QueueName] = ["load", "away"]

    /// A total of both queues together.
    func sum(_ name: String) async throws -> Int {
        var sum = 0
        for queue in Self.both { sum += try await inspector.status(of: queue).totals[name, default: 0] }
        return sum
    }

    /// When the outcomes were stored of those jobs that are still kept, in microseconds since 1970 and the earliest that may be.
    func storedEnds() async throws -> [String: Int] {
        var ends: [String: Int] = [:]
        for queue in Self.both {
            for state in ["completed", "cancelled", "discarded"] {
                let key = "\(queues.base(queue)):\(state)"
                var values = try await queues.command("ZRANGE", key, "0", "-1", "WITHSCORES").root.elements.makeIterator()
                while let id = values.next()?.string, let score = values.next()?.string.flatMap({ Double($0) }) {
                    // What somebody may ask for is kept an hour longer: see lua/jobs/ended.lua.
                    let isKeptLonger = score != score.rounded()
                    ends[id] = Int(isKeptLonger ? score - 3_600_000.5 : score) * 1000
                }
            }
        }
        return ends
    }

    /// Nothing is on its way any more, no job whose outcome was stored was given to a worker again, and what ran twice was what dead
    /// workers held.
    func expectOrder(of jobs: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let hasMessage = await queues.eventually(in: queue, within: .seconds(300)) {
            try await queues.dump().keys.allSatisfy { key in
                ![":outbox", ":messages", ":suspended", ":todo", ":ready", ":stop", ":cancels", ":firing", ":executing"].contains
                {
                    key.hasSuffix($0)
                }
            }
        }
        let left = try await queues.dump().keys.sorted()
        #expect(hasMessage, "\(left)", sourceLocation: sourceLocation)
        // A job comes into its queue once, however often somebody brought it.
        #expect(try await sum("enqueued") == jobs, sourceLocation: sourceLocation)
        let ends = try await storedEnds()
        let starts = log.entries().filter { !$0.isEnd }
        let again = starts.filter { Int($0.fence) > ends[$0.id, default: .max - 2000] + 2000 }
        #expect(again.map(\.id) == [], "claimed after their outcomes were stored", sourceLocation: sourceLocation)
        #expect(Set(starts.map(\.id)).count == jobs, sourceLocation: sourceLocation)
        #expect(starts.count <= jobs + (try await sum("reclaimed")), sourceLocation: sourceLocation)
        for queue in Self.both {
            let found = try await inspector.audit(queue).violations.map { "\($0.invariant) \($0.what)" }
            #expect(found == [], sourceLocation: sourceLocation)
        }
    }

    /// The runs of a dead process that others had to do again.
    func repeats(of process: Int32) -> Int {
        let starts = log.entries().filter { !$0.isEnd }
        let own = starts.filter { $0.process == process }
        return own.count { run in starts.contains { $0.id == run.id && $0.fence > run.fence } }
    }
}
