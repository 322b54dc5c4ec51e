import SluiceCore

/// Makes the addresses of pages. All of them begin with the path that the dashboard is mounted at.
struct Links: Sendable, Hashable {
    /// The path of the dashboard, without a slash at its end; empty at the root.
    var base: String
    /// The path of the site; equal to `base` if there is only one site.
    var site: String

    /// The address of a page of the site. The segments are encoded.
    func to(_ segments: String..., query: [(String, String)] = []) -> String {
        Self.address(site, segments, query)
    }

    /// The address of something that all sites share.
    func shared(_ segments: String..., query: [(String, String)] = []) -> String {
        Self.address(base, segments, query)
    }

    func queue(_ queue: QueueName) -> String { to("queues", queue.text) }

    func job(_ id: JobID, in queue: QueueName) -> String { to("jobs", queue.text, id.text) }

    private static func address(_ prefix: String, _ segments: [String], _ query: [(String, String)]) -> String {
        var text = prefix
        for segment in segments { text += "/" + encoded(segment) }
        if text.isEmpty { text = "/" }
        if !query.isEmpty { text += "?" + query.map { encoded($0.0) + "=" + encoded($0.1) }.joined(separator: "&") }
        return text
    }

    /// Percent-encodes everything but the unreserved characters of RFC 3986, section 2.3.
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0" + digits : "%" + digits
            }
        }
        // A segment of dots would change the path.
        return result == "." || result == ".." ? result.replacing(".", with: "%2E") : result
    }
}
