import HTTPTypes
import Hummingbird

/// Refuses requests that another site makes a browser send. The rules are those of `http.CrossOriginProtection` in Go 1.25.
enum CrossOrigin {
    private static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")

    /// Whether a request that changes something may be answered.
    /// - Parameter trusted: Origins, such as `https://ops.example`, whose requests are taken though the host differs, because a proxy
    ///   rewrites it.
    static func allows(_ request: Request, trusted: Set<String>) -> Bool {
        if [.get, .head, .options].contains(request.method) { return true }
        let origin = request.headers[.origin]
        if let origin, trusted.contains(origin) { return true }
        if let site = secFetchSite.flatMap({ request.headers[$0] }) { return site == "same-origin" || site == "none" }
        // Old browsers send the origin alone; programs that are no browsers send neither.
        guard let origin else { return true }
        guard let host = request.head.authority, let start = origin.firstRange(of: "://") else { return false }
        return origin[start.upperBound...].lowercased() == host.lowercased()
    }

    /// Whether a request names this machine by its loopback address.
    static func isLoopback(_ authority: String?) -> Bool {
        guard let authority else { return false }
        let host: Substring
        if authority.hasPrefix("[") {
            host = authority.prefix { $0 != "]" }.dropFirst()
        } else {
            host = authority.prefix { $0 != ":" }
        }
        return host.lowercased() == "localhost" || host == "::1"
            || host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." }
    }
}
