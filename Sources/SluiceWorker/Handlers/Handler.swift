import SluiceCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A type-erased handler: arguments and output are JSON.
struct Handler: Sendable {
    typealias Body = @concurrent @Sendable (_ arguments: [UInt8], JobContext) async throws -> JobResult

    var options: JobOptions
    /// The newest version of the arguments that it can read; nil for any.
    var version: Int?
    var body: Body
    /// The batcher in which its runs wait, for a kind that runs in chunks.
    var gathering: (any ChunkGathering)?

    init(options: JobOptions, version: Int? = nil, gathering: (any ChunkGathering)? = nil, body: @escaping Body) {
        self.options = options
        self.version = version
        self.gathering = gathering
        self.body = body
    }

    init<Kind: Job>(
        _ kind: Kind.Type, body: @escaping @concurrent @Sendable (Kind, JobContext) async throws -> Outcome<Kind.Output>
    ) {
        let keepsResult = Kind.options.keepsResult
        options = Kind.options
        version = Kind.version
        self.body = { arguments, context in
            let job = try Self.decode(Kind.self, arguments, context)
            return try await body(job, context).asJSON(keepsResult || context.passesOn(Kind.Output.self))
        }
    }

    /// A handler for a kind that runs in chunks, in one queue.
    init<Kind: Job>(_ batcher: ChunkGatherer<Kind>) {
        self.init(options: Kind.options, version: Kind.version, gathering: batcher) { arguments, context in
            try await batcher.join(try Self.decode(Kind.self, arguments, context), context)
        }
    }

    private static func decode<Kind: Job>(_ kind: Kind.Type, _ arguments: [UInt8], _ context: JobContext) throws -> Kind {
        if context.version < Kind.version { return try Kind.migrate(Data(arguments), from: context.version) }
        return try ArgumentsDecoder.decode(Kind.self, from: arguments)
    }
}

extension JobContext {
    /// Whether other jobs use the output: nodes of a workflow may read the output of earlier nodes.
    func passesOn<Output>(_ output: Output.Type) -> Bool { workflow != nil && Output.self != NoOutput.self }
}

extension Outcome where Output: Encodable {
    /// The outcome, with its output as JSON if that is kept.
    func asJSON(_ isKept: Bool) throws -> JobResult {
        try map { JSONOutput(text: isKept ? Array(try JSONEncoder().encode($0)) : nil) }
    }
}
