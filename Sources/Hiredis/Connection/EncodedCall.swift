import NIOCore

/// A command in its wire format.
struct EncodedCommand: Sendable {
    let bytes: ByteBuffer

    init(_ command: RedisCommand) throws(RedisError) {
        var buffer = ByteBuffer()
        try command.encode(into: &buffer)
        bytes = buffer
    }
}

/// A call and its bytes. The bytes are released once they are written.
struct EncodedCall: Sendable {
    let bytes: ByteBuffer
    let call: PendingCall

    init(_ command: EncodedCommand, _ call: PendingCall) {
        bytes = command.bytes
        self.call = call
    }
}
