import SluiceCore
import SluiceTesting
import SluiceWebhooks
import TestSupport
import Testing

/// What receivers have heard, and whether that is what they were promised.
struct HookBook {
    /// Each notification by its id, as it was told first.
    private(set) var bodies: [String: [UInt8]] = [:]
    /// The events of each job, as they came, repeated ones too.
    private(set) var heard: [String: [WebhookEvent]] = [:]

    /// Reads requests, and checks each by itself: its signature, its key, that repetitions are the same.
    init(_ requests: [HookReceiver.Request], _ verifier: WebhookVerifier, sourceLocation: SourceLocation = #_sourceLocation)
        throws
    {
        for request in requests {
            let event = try verifier.event(request.body, headers: { request.headers[$0.lowercased()] })
            #expect(event.id == request.headers["sluice-id"], sourceLocation: sourceLocation)
            #expect(event.id == "\(event.job):\(event.version)", sourceLocation: sourceLocation)
            #expect(bodies[event.id, default: request.body] == request.body, sourceLocation: sourceLocation)
            bodies[event.id] = request.body
            heard[event.job, default: []].append(event)
        }
    }

    /// The events of a job without repetitions, in the order in which they came first.
    func events(of job: String) -> [WebhookEvent] {
        var seen: Set<String> = []
        return heard[job, default: []].filter { seen.insert($0.id).inserted }
    }

    /// Checks that versions of each job came in order, and that its end came last.
    func expectOrder(sourceLocation: SourceLocation = #_sourceLocation) {
        for job in heard.keys {
            let events = events(of: job)
            let versions = events.map(\.version)
            #expect(versions == versions.sorted(), "\(job)", sourceLocation: sourceLocation)
            #expect(events.last?.event == .ended, "\(job)", sourceLocation: sourceLocation)
        }
    }
}
