import HTTPTypes
import NIOCore
import SluiceCore

/// An event of a stream of the API (HTML, section 9.2).
enum ServerEvent {
    static let type = "text/event-stream"

    /// The header of a stream. Proxies must neither collect nor change it.
    static let headers: HTTPFields = [
        .contentType: type, .cacheControl: "no-store, no-transform", Headers.accelBuffering: "no",
    ]

    static func text(_ name: String, _ json: JSONValue) -> ByteBuffer {
        // What was JSON already may have line ends, which would end the field. Within strings JSON has none.
        let data = json.encoded().map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
        var event = ByteBuffer(string: "event: \(name)\ndata: ")
        event.writeBytes(data)
        event.writeString("\n\n")
        return event
    }
}

extension APIRequest {
    /// Whether the sender asks for an event stream.
    var takesEvents: Bool { head.headerFields[.accept]?.contains(ServerEvent.type) == true }
}
