package import SluiceCore
import SluiceStore

extension SluiceClient {
    /// The most calls in flight for one queue.
    private static let inFlight = 4

    /// Jobs for one queue that fit into one call.
    private typealias Page = [(position: Int, job: NewJob)]

    /// A job that follows another one.
    private struct Follower {
        var position: Int
        var parent: FollowUp
        var job: NewJob
        var queue: QueueName
        var isNamed: Bool
    }

    /// Enqueues many jobs, each with an outcome of its own: a job that is refused keeps no other one out.
    ///
    /// Jobs that follow others come last, so that a parent may be among the jobs.
    /// - Returns: The outcomes, in the order of the requests.
    package func enqueueEach(
        _ requests: [JobRequest], durability chosen: Durability? = nil
    ) async -> [Result<JobHandle, SluiceError>] {
        let durability: Durability
        do throws(SluiceError) {
            durability = try self.durability(chosen)
        } catch {
            return requests.map { _ in .failure(error) }
        }
        let unsent = Result<JobHandle, SluiceError>.failure(SluiceError(.closed, "the job was not sent"))
        var outcomes = Array(repeating: unsent, count: requests.count)
        var places: [QueueName: Page] = [:]
        var followers: [Follower] = []
        let trace = TraceHeaders.current()
        for (position, request) in requests.enumerated() {
            do throws(SluiceError) {
                let job = try request.encoded(id: request.id ?? IDs.next(), options.payload, trace: trace)
                let queue = try request.queue.validated()
                if let parent = request.after {
                    followers.append(
                        Follower(position: position, parent: parent, job: job, queue: queue, isNamed: request.id != nil))
                } else {
                    places[queue, default: []].append((position, job))
                }
            } catch {
                outcomes[position] = .failure(error)
            }
        }
        for (queue, jobs) in places { await send(jobs, to: queue, durability, &outcomes) }
        for one in followers {
            outcomes[one.position] = await tryFollow(one.parent, with: one.job, of: one.queue, isNamed: one.isNamed, durability)
        }
        return outcomes
    }

    private func send(
        _ jobs: Page, to queue: QueueName, _ durability: Durability, _ outcomes: inout [Result<JobHandle, SluiceError>]
    ) async {
        let batcher = batcher(for: queue, durability)
        do throws(SluiceError) {
            // To keep several calls in order, the queue is registered before the first of them.
            try await batcher.sender.register()
        } catch {
            for (position, _) in jobs { outcomes[position] = .failure(error) }
            return
        }
        var producers: [Sender.Producer] = []
        var flights: [(page: Page, task: Task<Sender.Sent, Never>)] = []
        for page in jobs.pages(in: Enqueue.room, { $0.takes(bytes: $1.job.spec.count) }) {
            if flights.count == Self.inFlight {
                let flight = flights.removeFirst()
                producers.append(Self.land(flight.page, await flight.task.value, queue, &outcomes))
            }
            let task = await batcher.start(page.map(\.job), as: producers.popLast() ?? Sender.Producer())
            flights.append((page, task))
        }
        for flight in flights { _ = Self.land(flight.page, await flight.task.value, queue, &outcomes) }
    }

    private static func land(
        _ page: Page, _ sent: Sender.Sent, _ queue: QueueName, _ outcomes: inout [Result<JobHandle, SluiceError>]
    ) -> Sender.Producer {
        for (place, item) in page.enumerated() {
            switch sent.reply {
            case .failure(let error): outcomes[item.position] = .failure(error)
            case .success(let reply):
                do throws(SluiceError) {
                    let outcome = EnqueueBatcher.outcome(of: item.job.id, place, reply)
                    outcomes[item.position] = .success(try JobHandle(item.job, in: queue, outcome))
                } catch {
                    outcomes[item.position] = .failure(error)
                }
            }
        }
        return sent.producer
    }
}
