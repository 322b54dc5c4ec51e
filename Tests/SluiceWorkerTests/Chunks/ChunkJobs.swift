import Sluice
import SluiceCore
import SluiceWorker
import Testing

/// A job with a number and without an output.
struct Plain: Job {
    static let kind = "plain"
    static let options = JobOptions(queue: "work", maxAttempts: 3, retry: .fixed(.seconds(10)))
    var number = 0
}

extension Chunk {
    /// An outcome for each member.
    func outcomes(_ outcome: (Member) -> Outcome<Kind.Output>) -> [JobID: Outcome<Kind.Output>] {
        Dictionary(uniqueKeysWithValues: members.map { ($0.id, outcome($0)) })
    }
}

extension Fixture {
    /// Enqueues jobs together, in order.
    func enqueue(numbers: Range<Int>) async throws -> [JobID] {
        let requests = try numbers.map { number in
            var request = try JobRequest(Numbered(number: number))
            request.id = JobID(known: "job-\(number)")
            return request
        }
        #expect(try await client.enqueue(requests).added == requests.count)
        return numbers.map { JobID(known: "job-\($0)") }
    }

    func enqueue(plain number: Int, _ change: (inout JobRequest) -> Void = { _ in }) async throws -> JobID {
        var request = try JobRequest(Plain(number: number))
        change(&request)
        return try await client.enqueue(request).id
    }
}
