import Instrumentation
import ServiceContextModule
import Sluice
import SluiceCore
import SluiceStore
import SluiceTesting
import Testing

/// The context of a trace travels with the job.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct TraceTests {
    private static let bootstrap: Void = InstrumentationSystem.bootstrap(HeaderInstrument())

    @Test func headersTravelWithTheJob() async throws {
        Self.bootstrap
        let producer = try await Producer()
        var context = ServiceContext.topLevel
        context[TraceKey.self] = "abc \"quoted\" ü"
        let ids = try await ServiceContext.withValue(context) {
            let one = try await producer.client.enqueue(Numbered()).id
            try await producer.client.enqueue([Numbered(number: 1)])
            try await producer.client.enqueue(
                AsyncStream {
                    $0.yield(Numbered(number: 2)); $0.finish()
                })
            return [one]
        }
        let untraced = try await producer.client.enqueue(Numbered(number: 3)).id
        let page = try await producer.queues.store.call(ListJobs(state: .available), on: "work")
        #expect(page.items.count == 4)
        for item in page.items {
            let spec = try Array(item.spec.utf8).withUnsafeBytes { bytes in try JobSpec(decoding: bytes) }
            let value = TraceHeaders.context(of: spec.trace)?[TraceKey.self]
            #expect(value == (item.id == untraced ? nil : "abc \"quoted\" ü"))
        }
        #expect(page.items.contains { $0.id == ids[0] })
    }
}

private enum TraceKey: ServiceContextKey {
    typealias Value = String
}

/// Carries one value in one header.
private struct HeaderInstrument: Instrument {
    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        context[TraceKey.self] = extractor.extract(key: "x-test-trace", from: carrier)
    }

    func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        if let value = context[TraceKey.self] { injector.inject(value, forKey: "x-test-trace", into: &carrier) }
    }
}
