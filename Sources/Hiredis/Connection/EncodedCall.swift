import NIOCore

/// A command in its wire format.
struct EncodedCommand: Sendable {
    let bytes: ByteBuffer

    init(_ command: RedisCommand) throws(RedisError) {
        // A length or a count takes at most 24 bytes with its marker and line end.
        var buffer = ByteBufferAllocator().buffer(capacity: command.byteCount + 24 * (command.argumentCount + 1))
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
