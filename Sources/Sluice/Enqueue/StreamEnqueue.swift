import SluiceCore
import SluiceStore

/// Sends the jobs of a stream as they arrive. The first job leaves at once; jobs that gather while a call is under way leave with
/// the next, in order. Adding waits while two calls' worth of jobs gather.
actor StreamEnqueue {
    private let sender: Sender
    private var producer = Sender.Producer()
    private var waiting: [NewJob] = []
    private var bytes = 0
    private var total = EnqueuedMany()
    private var error: SluiceError?
    private var sending: Task<Void, Never>?
    private var room: CheckedContinuation<Void, Never>?

    init(_ sender: Sender) { self.sender = sender }

    /// Takes one job; calls must not overlap. Returns false if a call failed before; `finish` returns the error.
    func add(_ job: NewJob) async -> Bool {
        if error != nil { return false }
        waiting.append(job)
        bytes += job.spec.count
        if sending == nil { sending = Task { await sendAll() } }
        if waiting.count < 2 * Enqueue.mostJobs, bytes < 2 * CallRoom.mostBytes { return true }
        await withCheckedContinuation { room = $0 }
        return error == nil
    }

    /// Waits until all jobs are sent. Returns the counts, or the first error.
    func finish() async -> Result<EnqueuedMany, SluiceError> {
        await sending?.value
        return error.map { .failure($0) } ?? .success(total)
    }

    private func sendAll() async {
        while !waiting.isEmpty, error == nil {
            let jobs = takeBatch()
            room.take()?.resume()
            var producer = producer
            do throws(SluiceError) {
                let reply = try await sender.send(jobs, as: &producer)
                total.count(reply, of: jobs)
                error = sender.failure(reply, of: jobs)
            } catch {
                self.error = error
            }
            self.producer = producer
        }
        room.take()?.resume()
        sending = nil
    }

    private func takeBatch() -> [NewJob] {
        var room = Enqueue.room
        let fitting = Array(waiting.prefix { room.takes(bytes: $0.spec.count) })
        waiting.removeFirst(fitting.count)
        bytes -= fitting.reduce(0) { $0 + $1.spec.count }
        return fitting
    }
}
