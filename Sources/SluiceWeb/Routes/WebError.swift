import HTTPTypes
import SluiceCore

/// A request that cannot be answered as asked: a status, and what is wrong in one or two sentences.
struct WebError: Error, Hashable {
    var status: HTTPResponse.Status
    /// What is wrong, in a few words.
    var title: String
    /// What it means, and what to do.
    var detail: String
    /// Seconds after which a repetition may help.
    var retryAfter: Int?

    init(_ status: HTTPResponse.Status, _ title: String, _ detail: String = "", retryAfter: Int? = nil) {
        self.status = status
        self.title = title
        self.detail = detail
        self.retryAfter = retryAfter
    }

    init(_ error: SluiceError) {
        switch error.code.category {
        case .argument: self.init(.badRequest, "That is not valid", error.message)
        case .state: self.init(.conflict, "That cannot be done now", error.message)
        case .server: self.init(.serviceUnavailable, "Redis cannot be used", error.message, retryAfter: 2)
        }
    }

    static func notFound(_ what: String, _ detail: String = "") -> Self { Self(.notFound, "\(what) was not found", detail) }
}
