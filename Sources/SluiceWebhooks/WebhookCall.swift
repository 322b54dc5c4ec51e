import SluiceCore

/// A notification as its job stores it: `{"url":"https://…","body":{…}}`. The body is sent unchanged.
struct WebhookCall: Sendable, Equatable {
    var url: String
    var body: [UInt8]

    /// Parses the arguments of a job; nil if they are not valid.
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

    /// Whether the body belongs to the notification with this id: it contains the id exactly once.
    func isNotification(_ id: String) -> Bool {
        var ids: [String] = []
        let isObject = body.withUnsafeBytes { text in
            var scanner = JSONScanner(text)
            let done: Void? = try? scanner.forEachMember { (name, value) throws(JSONScanner.Malformed) in
                if name == "id" { ids.append(try JSONText.string(value)) }
            }
            return done != nil
        }
        return isObject && ids == [id]
    }
}
