import Hummingbird
import SluiceCore

extension APIRequest {
    /// Whether the body has a value on each line.
    var hasLines: Bool {
        head.headerFields[.contentType]?.lowercased().hasPrefix(EnqueueRoutes.linesType) ?? false
    }

    /// The id that the header `Idempotency-Key` gives to a job. The draft of the IETF puts it into quotes; many clients do not.
    func idempotencyKey() throws -> JobID? {
        guard var key = head.headerFields[Headers.idempotencyKey] else { return nil }
        if key.count >= 2, key.hasPrefix("\""), key.hasSuffix("\"") { key = String(key.dropFirst().dropLast()) }
        guard let id = try? JobID(key) else {
            throw Invalid("the header Idempotency-Key becomes the job's id: 1 to 128 printable ASCII characters without space")
        }
        return id
    }

    /// The trace that the sender is in (W3C Trace Context). A header that is not valid is ignored, as that document wants.
    var trace: [String: String] {
        guard let parent = head.headerFields[Headers.traceParent], Self.isTraceParent(parent) else { return [:] }
        var trace = ["traceparent": parent]
        if let state = head.headerFields[Headers.traceState], state.utf8.count <= 512 { trace["tracestate"] = state }
        return trace
    }

    private static func isTraceParent(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [2, 32, 16, 2] && parts[0] != "ff"
            && parts.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) } }
            && parts[1].contains { $0 != "0" } && parts[2].contains { $0 != "0" }
    }
}
