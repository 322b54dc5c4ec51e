import ArgumentParser
import SluiceCore
import SluiceInspector
import SluiceToolSupport

/// The queue that a command is about.
struct QueueArgument: ParsableArguments {
    @Argument(help: "The queue.", completion: QueueNames.completion, transform: { try QueueName($0) })
    var queue: QueueName
}

/// One queue, or all queues.
protocol QueueScope {
    var queue: QueueName? { get }
}

/// A scope that is an argument.
struct ScopeArgument: ParsableArguments, QueueScope {
    @Argument(help: "One queue. Default: all.", completion: QueueNames.completion, transform: { try QueueName($0) })
    var queue: QueueName?
}

/// A scope that is an option.
struct ScopeOption: ParsableArguments, QueueScope {
    @Option(help: "One queue. Default: all.", completion: QueueNames.completion, transform: { try QueueName($0) })
    var queue: QueueName?
}

extension QueueScope {
    /// The queue, or all queues of the namespace.
    /// - Throws: `invalidArgument` for a queue that nothing has used, whose name may be mistyped.
    func queues(_ inspector: Inspector) async throws(SluiceError) -> [QueueName] {
        guard let queue else { return try await inspector.queues() }
        try await inspector.requireUsed(queue)
        return [queue]
    }

    /// The queue, if there is one.
    /// - Throws: `invalidArgument` for a queue that nothing has used.
    func used(_ inspector: Inspector) async throws(SluiceError) -> QueueName? {
        if let queue { try await inspector.requireUsed(queue) }
        return queue
    }
}

/// The queue of a job.
struct JobPlace: ParsableArguments {
    @Option(
        help: "The queue of the job. Default: all queues are searched.", completion: QueueNames.completion,
        transform: { try QueueName($0) })
    var queue: QueueName?

    /// The queue of the job with an id; nil if no queue has one.
    /// - Throws: `invalidArgument` if several queues have one.
    func find(_ id: JobID, _ inspector: Inspector) async throws(SluiceError) -> QueueName? {
        if let queue { return queue }
        let found = try await inspector.queues(withJob: id)
        if found.count > 1 {
            let names = found.map(\.text).joined(separator: ", ")
            throw SluiceError(.invalidArgument, "several queues have a job '\(id)': name one with --queue (\(names))")
        }
        return found.first
    }
}

/// The confirmation that the name of an unused queue is not mistyped.
struct NewQueueOption: ParsableArguments {
    @Flag(help: "Accept a queue that nothing has used yet. Without this it is refused, as its name may be mistyped.")
    var new = false

    /// Makes a change of a queue, and says in the refusal of an unused queue how to make the change all the same.
    func applying<Result>(
        to queue: QueueName, _ change: (_ mayBeNew: Bool) async throws -> Result
    ) async throws -> Result {
        do {
            return try await change(new)
        } catch let error as SluiceError where error == .unknownQueue(queue) {
            throw Failure("\(error.message). If the queue will be used later, add --new.", status: .usage)
        }
    }
}
