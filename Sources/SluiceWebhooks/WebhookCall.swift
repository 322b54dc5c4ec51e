import SluiceCore

/// A notification as its job carries it: `{"url":"https://…","body":{…}}`. The body is sent as it stands.
struct WebhookCall: Sendable, Equatable {
    var url: String
    var body: [UInt8]

    /// Reads the arguments of a job; nil if they make no sense.
    init?(_ arguments: [UInt8]) {
        var url: String?
        var body: [UInt8]?
        let isObject = arguments.withUnsafeBytes { text in
            var scanner = JSONScanner(text)
            let done: Void? = try? scanner.forEachMember { (name, value) throws(JSONScanner.Malformed) in
                switch name {
                case "url": url = try JSONText.string(value)
                case "body": body = Array(value)
                default: break
                }
            }
            return done != nil
        }
        guard isObject, let url, let body else { return nil }
        self.url = url
        self.body = body
    }
}
