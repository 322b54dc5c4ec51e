import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A handler whose types are forgotten: arguments come as JSON, the output leaves as JSON.
struct Handler: Sendable {
    typealias Body = @concurrent @Sendable (_ arguments: [UInt8], JobContext) async throws -> JobResult

    var options: JobOptions
    var body: Body
    /// What its runs wait in, for a kind that runs in chunks.
    var gathering: (any ChunkGathering)?

    init(options: JobOptions, gathering: (any ChunkGathering)? = nil, body: @escaping Body) {
        self.options = options
        self.gathering = gathering
        self.body = body
    }

    init<Kind: Job>(
        _ kind: Kind.Type, body: @escaping @concurrent @Sendable (Kind, JobContext) async throws -> Outcome<Kind.Output>
    ) {
        let keepsResult = Kind.options.keepsResult
        options = Kind.options
        self.body = { arguments, context in
            let job = try Self.decoder.decode(Kind.self, from: Data(arguments))
            return try await body(job, context).asJSON(keepsResult || context.passesOn(Kind.Output.self))
        }
    }

    /// One for a kind that runs in chunks, in one queue.
    init<Kind: Job>(_ gatherer: ChunkGatherer<Kind>) {
        self.init(options: Kind.options, gathering: gatherer) { arguments, context in
            try await gatherer.join(try Self.decoder.decode(Kind.self, from: Data(arguments)), context)
        }
    }

    private static let decoder = JSONDecoder()
}

extension JobContext {
    /// Whether others wait for the output: that of a node is for those that come after it.
    func passesOn<Output>(_ output: Output.Type) -> Bool { workflow != nil && Output.self != NoOutput.self }
}

extension Outcome where Output: Encodable {
    /// The outcome with its output as JSON, if it is kept.
    func asJSON(_ isKept: Bool) throws -> JobResult {
        switch self {
        case .completed(let output):
            .completed(JSONOutput(text: isKept ? Array(try JSONEncoder().encode(output)) : nil))
        case .retry(let wait, let reason): .retry(after: wait, reason: reason)
        case .snooze(let wait): .snooze(for: wait)
        case .cancel(let reason): .cancel(reason: reason)
        case .discard(let reason): .discard(reason: reason)
        }
    }
}
