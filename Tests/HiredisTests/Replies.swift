import NIOCore

@testable import Hiredis

/// Parses all replies in a stream that arrives in the given pieces.
func replies(in pieces: [[UInt8]], limits: ReplyLimits = ReplyLimits()) throws(RedisError) -> [RedisReply] {
    var reader = try ReplyReader(limits: limits)
    var replies: [RedisReply] = []
    for piece in pieces {
        try ByteBuffer(bytes: piece).withUnsafeReadableBytes { bytes throws(RedisError) in try reader.feed(bytes, into: &replies)
        }
    }
    return replies
}

func replies(in text: String, limits: ReplyLimits = ReplyLimits()) throws(RedisError) -> [RedisReply] {
    try replies(in: [Array(text.utf8)], limits: limits)
}

/// The violation that a stream causes, or nil if it causes none.
func violation(in pieces: [[UInt8]], limits: ReplyLimits = ReplyLimits()) -> String? {
    do throws(RedisError) {
        _ = try replies(in: pieces, limits: limits)
        return nil
    } catch {
        guard case .protocolViolation(let reason) = error else { return "wrong error \(error)" }
        return reason
    }
}

func violation(in text: String, limits: ReplyLimits = ReplyLimits()) -> String? {
    violation(in: [Array(text.utf8)], limits: limits)
}
