import SluiceCore
import SluiceStore
import Testing

/// What is wrong with the data of a queue, and what a repair makes of it.
extension LuaQueue {
    typealias Finding = (invariant: String, what: String, cure: String)

    /// Sends a command behind the functions' back: its name, the key, and up to three words.
    func damage(_ words: [String]) async throws {
        let rest = words.dropFirst(2)
        try await redis(words[0], words[1], rest.first, rest.dropFirst().first, rest.dropFirst(2).first)
    }

    func repairPlan() async throws -> [Finding] { try await findings { try await call(PlanRepair(cursor: $0)) } }

    /// Goes through it until nothing is found that can be repaired. Returns what was found.
    @discardableResult func repair() async throws -> [Finding] {
        var all: [Finding] = []
        for _ in 0..<5 {
            let found = try await findings { try await call(MakeRepair(cursor: $0)) }
            all += found
            if found.allSatisfy({ $0.cure.isEmpty }) { break }
        }
        return all
    }

    private func findings(_ page: (String) async throws -> RepairPage) async throws -> [Finding] {
        var found: [Finding] = []
        var cursor: String? = ""
        while let at = cursor {
            let reply = try await page(at)
            found += reply.findings
            cursor = reply.cursor
        }
        return found
    }

    /// Whoever worked is never heard of again; another worker takes over, and runs what there is.
    func runToTheEnd(_ damage: String) async throws {
        let other = try await worker("v")
        for _ in 0..<12 {
            let jobs = try await other.cycle(10).jobs
            try await other.cycle(0, settling: jobs.map(\.id.text))
            try await advance(12)
        }
        for state in ["available", "scheduled", "retryable", "suspended", "executing"] {
            #expect(try await status(state) == 0, "\(state) after \(damage)")
        }
        #expect(try await audit() == [], "\(damage)")
    }
}
