import SluiceLua
import SluiceTesting
import Testing

/// The runs beside the model of unique jobs find faults: each line here is missed when it is another one.
@Suite(.timeLimit(.minutes(10)))
struct UniqueMutantTests {
    struct Mutant: CustomTestStringConvertible, Sendable {
        var module: String
        /// A line of the module, without what it is indented by.
        var line: String
        var replacement = ""

        var testDescription: String { module + ": " + line }

        /// The module with the fault.
        /// - Throws: When the line is not there exactly once: then the list is out of date.
        func text() throws -> String {
            var lines = (FunctionLibrary.modules[module] ?? "").split(separator: "\n", omittingEmptySubsequences: false)
            let found = lines.indices.filter { lines[$0].drop { $0 == " " } == line }
            try #require(found.count == 1, "\(module).lua has this line \(found.count) times: \(line)")
            lines[found[0]] = replacement[...]
            return lines.joined(separator: "\n")
        }
    }

    static let mutants = [
        Mutant(module: "ended", line: "unique.ended(q, ids)"),
        Mutant(module: "claim", line: "unique.started(q, chosen.ids)"),
        Mutant(module: "manage", line: "unique.deleted(q, id)"),
        Mutant(module: "manage", line: "if owner then return nil, 'taken ' .. owner end"),
        Mutant(module: "unique", line: "if #free > 0 then redis.call('HDEL', q.keys.unique, unpack(free)) end"),
        Mutant(module: "unique", line: "if not is_within then owner[fingerprint] = nil end"),
        Mutant(module: "unique", line: "if found[k] == ids[i] then", replacement: "if found[k] then"),
        Mutant(module: "unique", line: "wanted.owner[fingerprint] = id"),
        Mutant(module: "unique", line: "redis.call('HDEL', q.keys.unique, unpack(of, 1, #ids))"),
        Mutant(
            module: "unique", line: "if redis.call('HSET', q.keys.unique, unpack(taken)) < #ids then",
            replacement: "if false then"),
        Mutant(module: "unique", line: "if keep and till and till > q.now then", replacement: "if false then"),
        Mutant(
            module: "unique", line: "if #wanted.free > 0 then redis.call('ZREM', q.keys.unique_ends, unpack(wanted.free)) end"),
        Mutant(module: "running", line: "if conflicts.run_again(q, job.id) then", replacement: "if false then"),
        Mutant(
            module: "running", line: "local leaves = not is_elsewhere and chains.waits(q, job) or nil",
            replacement: "local leaves = chains.waits(q, job)"),
        Mutant(module: "conflicts", line: "if kind == 'again' then return false end"),
        Mutant(module: "conflicts", line: "redis.call('HDEL', q.keys.unique, fingerprint)"),
        Mutant(module: "conflicts", line: "if wish == 'keep' or is_ended then return 'exists' end"),
    ]

    @Test(arguments: mutants) func isCaught(_ mutant: Mutant) async throws {
        let server = try await RedisTestServer.start()
        try await server.useVirtualClock(replacing: [mutant.module: try mutant.text()])
        for seed in 0..<UInt64(60) {
            let run = try await UniqueRun(seed: seed, on: server)
            do {
                for _ in 0..<80 where run.faults.isEmpty { try await run.step() }
            } catch {
                return
            }
            if !run.faults.isEmpty { return }
            try await run.clean()
        }
        Issue.record("60 runs did not show that this line is another one: \(mutant.testDescription)")
    }
}
