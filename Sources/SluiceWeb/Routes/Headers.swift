import HTTPTypes
import Hummingbird

/// Header fields that the libraries do not name.
enum Headers {
    static let accelBuffering = name("X-Accel-Buffering")
    static let frameOptions = name("X-Frame-Options")
    static let referrerPolicy = name("Referrer-Policy")
    static let openerPolicy = name("Cross-Origin-Opener-Policy")
    static let resourcePolicy = name("Cross-Origin-Resource-Policy")
    static let forwardedProtocol = name("X-Forwarded-Proto")
    static let idempotencyKey = name("Idempotency-Key")
    static let traceParent = name("traceparent")
    static let traceState = name("tracestate")

    /// Nothing but files of this server; no frames, no plug-ins, no inline code or styles.
    private static let policy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
        base-uri 'none'; frame-ancestors 'none'
        """

    /// The fields of every answer.
    static func protect(_ response: inout Response) {
        response.headers[.contentSecurityPolicy] = policy
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[frameOptions] = "DENY"
        // The address of a page can tell names of queues and kinds.
        response.headers[referrerPolicy] = "same-origin"
        response.headers[openerPolicy] = "same-origin"
        response.headers[resourcePolicy] = "same-origin"
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    }

    /// The name of a field. All names here are valid, so that the other one is never used.
    private static func name(_ text: String) -> HTTPField.Name { HTTPField.Name(text) ?? .userAgent }
}
