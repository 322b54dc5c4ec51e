import Hummingbird
import SluiceCore

/// A request of the API that cannot be answered as asked, as RFC 9457 writes it.
struct Problem: Error, Hashable {
    var status: HTTPResponse.Status
    /// What programs branch on: the name of a ``SluiceError/Code``, or one of the API's own.
    var code: String
    /// What is wrong, and what to do about it, in one line.
    var detail: String
    /// Where in the body it is wrong, as a JSON pointer (RFC 6901).
    var pointer: String?
    /// For `duplicate`: the job that is there.
    var owner: String?
    /// Seconds after which a repetition may help.
    var retryAfter: Int?
    /// Further fields of the answer.
    var headers: HTTPFields = [:]

    init(_ status: HTTPResponse.Status, _ code: String, _ detail: String, retryAfter: Int? = nil) {
        self.status = status
        self.code = code
        self.detail = detail
        self.retryAfter = retryAfter
    }

    init(_ error: Invalid) {
        self.init(.unprocessableContent, "invalidArgument", error.reason)
        pointer = error.pointer
    }

    init(_ error: SluiceError) {
        self.init(Self.status(of: error.code), error.code.name, error.message)
        owner = error.owner?.text
        if error.code == .queueFull {
            retryAfter = max(1, Int((error.retryAfter ?? .seconds(1)).seconds.rounded(.up)))
        } else if error.isTransient {
            retryAfter = 2
        }
    }

    static func notFound(_ detail: String) -> Problem { Problem(.notFound, "notFound", detail) }

    private static func status(of code: SluiceError.Code) -> HTTPResponse.Status {
        switch code {
        case .invalidArgument, .parentUnknown, .undecryptable: return .unprocessableContent
        case .payloadTooLarge: return .contentTooLarge
        case .queueFull: return .tooManyRequests
        case .jobUnknown, .unknownWorkflow: return .notFound
        case .closed: return .serviceUnavailable
        case .server: return .internalServerError
        default: return code.category == .server ? .serviceUnavailable : .conflict
        }
    }
}

extension Problem {
    /// The members of the document, for an answer of its own or for one of many jobs.
    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init(name: "type", value: "about:blank"), .init(name: "title", value: .string(status.reasonPhrase)),
            .init(name: "status", value: .integer(status.code)), .init(name: "detail", value: .string(detail)),
            .init(name: "code", value: .string(code)),
        ]
        if let pointer { members.append(.init(name: "pointer", value: .string(pointer))) }
        if let owner { members.append(.init(name: "owner", value: .string(owner))) }
        if let retryAfter { members.append(.init(name: "retry_after", value: .integer(retryAfter))) }
        return .object(members)
    }

    /// The answer.
    var response: Response {
        var response = APIResponse.json(json, status: status, type: "application/problem+json")
        response.headers.append(contentsOf: headers)
        if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        return response
    }

    /// The members that every problem has.
    static let schema = Schema.object([
        .required("type", .string), .required("title", .string), .required("status", .integer), .required("detail", .string),
        .required("code", .string), .optional("pointer", .string), .optional("owner", .string),
        .optional("retry_after", .integer),
    ])
}
