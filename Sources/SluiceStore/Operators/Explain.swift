package import Hiredis
package import SluiceCore

/// Reads the reasons why a job does not run, in the order in which a person should read them: `lua/operators/explain.lua`. Empty
/// if there is no such job.
package struct Explain: StoreFunction {
    package static let name = "explain"
    package static let isReadOnly = true

    package struct Reason: Sendable, Hashable {
        /// The code of the reason, such as `gate_concurrency`.
        package var code: String
        /// A JSON object, whose members depend on the code.
        package var detail: [UInt8]
    }

    package var id: JobID

    package init(_ id: JobID) { self.id = id }

    package func write(into command: inout RedisCommand) { command.append(id.text) }

    package func read(_ reply: RedisValue) throws(SluiceError) -> [Reason] {
        guard reply.kind == .array else { throw malformed(Self.name) }
        var reasons: [Reason] = []
        for reason in reply.elements {
            guard let code = reason[0].string, let detail = reason[1].bytes else { throw malformed(Self.name) }
            reasons.append(Reason(code: code, detail: detail))
        }
        return reasons
    }
}
