import Instrumentation
package import ServiceContextModule

/// The context of a distributed trace, carried through Redis as headers.
package enum TraceHeaders {
    /// The headers of the current task's context; empty without tracing.
    package static func current() -> [String: String] {
        guard let context = ServiceContext.current else { return [:] }
        var headers: [String: String] = [:]
        InstrumentationSystem.instrument.inject(context, into: &headers, using: DictionaryInjector())
        return headers
    }

    /// The context that the headers carry.
    package static func context(of headers: [String: String]) -> ServiceContext? {
        if headers.isEmpty { return nil }
        var context = ServiceContext.topLevel
        InstrumentationSystem.instrument.extract(headers, into: &context, using: DictionaryExtractor())
        return context
    }

    private struct DictionaryInjector: Injector {
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
    }

    private struct DictionaryExtractor: Extractor {
        func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
    }
}
