public import SluiceCore

/// A group of jobs of one kind that one call of a handler works on.
///
/// Each job is claimed by itself, and has its own lease, fence and outcome.
public struct Chunk<Kind: Job>: Sendable {
    /// The members at the start of the chunk, at least one, in the order of their arrival.
    public let members: [Member]
    /// The common value of the partition that the handler groups by; nil without one.
    public let partition: String?
}

extension Chunk {
    /// A job in a chunk.
    public struct Member: Sendable, Identifiable {
        /// The arguments of the job.
        public let job: Kind
        /// The context of the job's run.
        public let context: JobContext
        private let seat: ChunkSeat<Kind>

        init(_ seat: ChunkSeat<Kind>) {
            job = seat.job
            context = seat.startedContext()
            self.seat = seat
        }

        /// The id of the job.
        public var id: JobID { context.id }
        /// The number of this attempt: failed attempts so far, and one.
        public var attempt: Int { context.attempt }
        /// The fence of the run: a number that rises with each claim, for systems that the handler writes to.
        public var fence: Fence { context.fence }

        /// Whether the member has no outcome yet and is still in the chunk. A member leaves when it is cancelled, takes too long
        /// or has to be given back.
        public var isOpen: Bool { seat.isOpen }

        /// Sets the outcome of the member's run. It takes effect at once, whatever else the handler still does.
        /// - Returns: False, without effect, if the member has an outcome already or has left the chunk.
        @discardableResult
        public func settle(_ outcome: Outcome<Kind.Output>) -> Bool {
            seat.end(Result { try outcome.asJSON(Kind.options.keepsResult || context.passesOn(Kind.Output.self)) })
        }

        /// Fails the member's run, as if a handler of this job alone had thrown the error.
        /// - Returns: False, without effect, if the member has an outcome already or has left the chunk.
        @discardableResult
        public func fail(_ error: any Error) -> Bool { seat.end(.failure(error)) }
    }
}
