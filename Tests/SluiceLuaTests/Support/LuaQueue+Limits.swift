import Foundation
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// What tests of limits do often.
extension LuaQueue {
    /// Declares limits, as name, value, name, value; what stood before is gone.
    func declare(_ limits: String..., deploy: Int = 1, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let reply = try await fcall(["declare", String(deploy)] + limits)
        #expect(reply.hasPrefix("[taken"), sourceLocation: sourceLocation)
    }

    /// Overrides a limit until it is restored.
    func override(_ name: String, _ value: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(try await fcall(["override", name, value, "0", "new"]) == "OK", sourceLocation: sourceLocation)
    }

    /// Sets the clock to so many ms after its start. Nobody is woken: scripted workers come by themselves.
    func setClock(_ milliseconds: Int) async throws { try await setClock(microseconds: milliseconds * 1000) }

    /// The same to so many microseconds.
    func setClock(microseconds: Int) async throws {
        try await queues.setClock(microseconds: start * 1000 + microseconds)
    }

    /// How one gate stands.
    func gate(_ name: String) async throws -> Limits.Gate {
        try #require(try await call(Limits(gate: name)).gates.first)
    }

    /// How many jobs hold a place at a gate.
    func members(_ gate: String) async throws -> Int {
        Int(try await redis("SCARD", "gate:" + gate) ?? "") ?? 0
    }

    /// The gate at which a lane is parked.
    func whereIs(_ lane: String) async throws -> String? { try await redis("HGET", "where", lane) }

    /// Why a job does not run, each reason as `code {details, sorted}`, times from the start of the clock.
    func reasons(_ id: String) async throws -> [String] {
        try await call(Explain(JobID(known: id))).map { reason in
            let object = try JSONSerialization.jsonObject(with: Data(reason.detail))
            let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
            return reason.code + " " + queues.relative(String(decoding: data, as: UTF8.self))
        }
    }

    /// After a drain nothing is left of jobs, lanes and gates, and the audit is clean.
    func expectNothingLeft(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let transient = [
            "executing", "held:", "cancel:", "wait:", "lanes", "ready", "gate:", "parked:", "where", "turned", "reserve", "aged",
        ]
        let left = try await dump().filter { key, _ in transient.contains { key.hasPrefix($0) } }
        #expect(left == [:], sourceLocation: sourceLocation)
        #expect(try await audit() == [], sourceLocation: sourceLocation)
    }
}

extension ScriptedWorker {
    /// Completes what it runs, and claims and completes until nothing more comes. Returns the ids in the order of their claims.
    @discardableResult func drain(_ demand: Int = 1000) async throws -> [String] {
        var ids: [String] = []
        var settled = running.keys.map(\.text)
        repeat {
            let reply = try await cycle(demand, settling: settled)
            settled = reply.jobs.map(\.id.text)
            ids += settled
        } while !settled.isEmpty
        return ids
    }
}
