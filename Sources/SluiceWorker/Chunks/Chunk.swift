public import SluiceCore

/// Jobs of one kind that one call of a handler works on.
///
/// They were claimed one by one, and each keeps a lease, a fence and an outcome of its own.
public struct Chunk<Kind: Job>: Sendable {
    /// Those that were there when the chunk began to run, at least one, in the order of their coming.
    public let members: [Member]
    /// What they have in common, if the handler asked for it: the value of the partition; nil of jobs without it.
    public let partition: String?
}

extension Chunk {
    /// One of the jobs.
    public struct Member: Sendable, Identifiable {
        /// Its arguments.
        public let job: Kind
        /// What the handler knows of its run.
        public let context: JobContext
        private let seat: ChunkSeat<Kind>

        init(_ seat: ChunkSeat<Kind>) {
            job = seat.job
            context = seat.startedContext()
            self.seat = seat
        }

        /// The job.
        public var id: JobID { context.id }
        /// The number of this run: runs that ended badly so far, and one.
        public var attempt: Int { context.attempt }
        /// The number that rises with each claim, for what the handler writes to.
        public var fence: Fence { context.fence }

        /// Whether its outcome is open: it has none yet, and has not left the chunk because it was cancelled, took too long or
        /// has to be given back.
        public var isOpen: Bool { seat.isOpen }

        /// Says how its run ended. That takes effect at once, whatever else the handler still does.
        /// - Returns: false, and nothing changes, if it has an outcome already or has left the chunk.
        @discardableResult
        public func settle(_ outcome: Outcome<Kind.Output>) -> Bool {
            seat.end(Result { try outcome.asJSON(Kind.options.keepsResult || context.passesOn(Kind.Output.self)) })
        }

        /// Lets its run fail, as if a handler of this job alone had thrown the error.
        /// - Returns: false, and nothing changes, if it has an outcome already or has left the chunk.
        @discardableResult
        public func fail(_ error: any Error) -> Bool { seat.end(.failure(error)) }
    }
}
