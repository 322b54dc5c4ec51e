import CHiredis

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// hiredis' parser, which fills tapes instead of its tree of `redisReply`.
///
/// After an error the reader and the connection are unusable: they cannot get back into step with the stream.
struct ReplyReader: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let builder: UnsafeMutablePointer<ReplyTapeBuilder>
    private let limits: ReplyLimits
    /// Bytes fed so far of an incomplete reply.
    private var partialBytes = 0

    init(limits: ReplyLimits = ReplyLimits()) throws(RedisError) {
        self.limits = limits
        let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        functions.initialize(to: Self.callbacks())
        guard let reader = redisReaderCreateWithFunctions(functions) else {
            functions.deallocate()
            throw .unreachable("no memory for a reader")
        }
        builder = .allocate(capacity: 1)
        builder.initialize(to: ReplyTapeBuilder(limits: limits))
        reader.pointee.privdata = UnsafeMutableRawPointer(builder)
        // Up to this size hiredis keeps its buffer from one feed to the next instead of allocating a new one.
        reader.pointee.maxbuf = 4 * limits.feedBytes
        self.reader = reader
        self.functions = functions
    }

    deinit {
        redisReaderFree(reader)
        builder.deinitialize(count: 1)
        builder.deallocate()
        functions.deallocate()
    }

    /// Whether a reply has begun but not ended.
    var isMidReply: Bool { partialBytes > 0 }

    /// Takes bytes as they arrive and appends the replies that they complete. Those before an error are whole.
    ///
    /// It passes no replies to a closure, because handling a reply may close the connection, which would call this method again.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, into replies: inout [RedisReply]) throws(RedisError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(limits.feedBytes))
            rest = rest.dropFirst(piece.count)
            guard redisReaderFeed(reader, piece.baseAddress?.assumingMemoryBound(to: CChar.self), piece.count) == REDIS_OK else {
                throw violation()
            }
            partialBytes += piece.count
            while let reply = try takeReply() {
                partialBytes = unread
                replies.append(reply)
            }
            try checkLimits()
        }
    }

    private var unread: Int { Int(reader.pointee.len) - Int(reader.pointee.pos) }

    private func takeReply() throws(RedisError) -> RedisReply? {
        var finished: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &finished) == REDIS_OK else { throw violation() }
        guard finished != nil else { return nil }
        guard let reply = builder.pointee.take() else { throw .protocolViolation("a type that RESP2 does not have") }
        return reply
    }

    private func violation() -> RedisError {
        if let refusal = builder.pointee.refusal { return .protocolViolation(refusal) }
        let message = withUnsafeBytes(of: reader.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return .protocolViolation(message.isEmpty ? "the reader failed" : message)
    }

    /// Checks hiredis' unread bytes: it would wait for a string of any announced length, and for a line without end.
    private func checkLimits() throws(RedisError) {
        guard partialBytes > 0 else { return }
        guard partialBytes <= limits.bytes else { throw .protocolViolation("a reply of more than \(limits.bytes) bytes") }
        guard unread > 0, let buffer = reader.pointee.buf else { return }
        let waiting = UnsafeRawBufferPointer(start: buffer + Int(reader.pointee.pos), count: unread)
        // hiredis would have read a whole line, so a remaining line end belongs to the length of a string.
        if let end = waiting.lineEnd(within: limits.lineBytes) {
            let header = UnsafeRawBufferPointer(rebasing: waiting[..<end])
            guard let length = Int(decimal: header), length <= limits.bytes else {
                throw .protocolViolation("a string of more than \(limits.bytes) bytes")
            }
        } else if waiting.count >= limits.lineBytes {
            throw .protocolViolation("a line of more than \(limits.lineBytes) bytes")
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The offset of the first CR LF, if it starts before `bound`.
    fileprivate func lineEnd(within bound: Int) -> Int? {
        guard let base = baseAddress else { return nil }
        let last = Swift.min(count - 1, bound)
        var start = 0
        while start < last, let found = memchr(base + start, Int32(UInt8(ascii: "\r")), last - start) {
            let offset = UnsafeRawPointer(found) - base
            if self[offset + 1] == UInt8(ascii: "\n") { return offset }
            start = offset + 1
        }
        return nil
    }
}
