import Hummingbird
import NIOCore
import SluiceCore

/// Makes answers of the API.
enum APIResponse {
    static func json(
        _ value: JSONValue, status: HTTPResponse.Status = .ok, type: String = "application/json", location: String? = nil
    ) -> Response {
        json(text: value.encoded(), status: status, type: type, location: location)
    }

    /// An answer from text that is JSON.
    static func json(
        text: [UInt8], status: HTTPResponse.Status = .ok, type: String = "application/json", location: String? = nil
    ) -> Response {
        var response = Response(
            status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: text)))
        if let location { response.headers[.location] = location }
        return response
    }
}

extension HTTPResponse.Status {
    /// Some parts of the request were done, others not (RFC 4918, section 11.1).
    static var multiStatus: Self { Self(code: 207, reasonPhrase: "Multi-Status") }
}
