import NIOCore
import NIOSSL

/// One connection: writes commands, matches replies to them in order, and watches their deadlines.
///
/// Any error ends the connection and every call in flight: after a missed or torn reply, replies cannot be matched to calls.
/// Confined to the channel's event loop.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Smaller commands are joined up to this size, so that a burst costs few system calls; larger ones go out uncopied.
    private static let joinedBytes = 128 << 10

    let place: String
    let endpoint: RedisEndpoint?
    /// A possible reason why the server hangs up before its first reply.
    private let hint: String
    private let secureScheme: String
    private var hasHeard = false
    private var reader: ReplyReader
    private var context: ChannelHandlerContext?
    private var inFlight = CircularBuffer<PendingCall>()
    private var timer: DeadlineTimer?
    /// Why the connection ended or is about to.
    private(set) var ending: RedisError?
    /// Called once, when the server is no primary any more.
    var onDemotion: (() -> Void)?
    /// Whether the connection ends with the last call in flight.
    private var isRetired = false
    /// Called once, after the calls in flight have failed.
    var onEnd: ((RedisError) -> Void)?

    init(
        place: String, endpoint: RedisEndpoint? = nil, hint: String = "", secureScheme: String = "rediss://",
        limits: ReplyLimits = ReplyLimits()
    ) throws(RedisError) {
        self.place = place
        self.endpoint = endpoint
        self.hint = hint
        self.secureScheme = secureScheme
        reader = try ReplyReader(limits: limits)
    }

    // MARK: Writing

    /// Writes the calls with one flush. After the end they fail as not sent.
    func send(_ calls: some Collection<EncodedCall>) {
        guard let context, ending == nil else {
            let reason = ending.map { ConnectFailure.error($0, place: place) } ?? .unreachable("\(place): not connected")
            for encoded in calls { encoded.call.fail(reason) }
            return
        }
        var joined = ByteBuffer()
        for encoded in calls {
            inFlight.append(encoded.call)
            timer?.arm(encoded.call.deadline)
            if joined.readableBytes + encoded.bytes.readableBytes > Self.joinedBytes { write(&joined, to: context) }
            if joined.readableBytes == 0 {
                joined = encoded.bytes
            } else {
                joined.writeImmutableBuffer(encoded.bytes)
            }
        }
        write(&joined, to: context)
        context.flush()
    }

    private func write(_ buffer: inout ByteBuffer, to context: ChannelHandlerContext) {
        guard buffer.readableBytes > 0 else { return }
        context.write(wrapOutboundOut(buffer), promise: nil)
        buffer = ByteBuffer()
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard ending == nil else { return }
        let buffer = unwrapInboundIn(data)
        if !hasHeard, Self.isTLS(buffer) {
            return end(.protocolViolation("\(place): it speaks TLS there: the URL then begins with \(secureScheme)"))
        }
        hasHeard = true
        var replies: [RedisReply] = []
        let violation = read(buffer, into: &replies)
        do throws(RedisError) {
            for reply in replies where ending == nil { try deliver(reply) }
            if let violation { throw violation }
        } catch {
            end(error.located(at: place))
        }
    }

    /// Whether these are the first bytes of a TLS record, an alert or a handshake.
    private static func isTLS(_ buffer: ByteBuffer) -> Bool {
        let start = buffer.readableBytesView.prefix(2)
        return start.elementsEqual([0x15, 0x03]) || start.elementsEqual([0x16, 0x03])
    }

    private func read(_ buffer: ByteBuffer, into replies: inout [RedisReply]) -> RedisError? {
        do throws(RedisError) {
            try buffer.withUnsafeReadableBytes { bytes throws(RedisError) in try reader.feed(bytes, into: &replies) }
            return nil
        } catch {
            return error
        }
    }

    private func deliver(_ reply: RedisReply) throws(RedisError) {
        guard let call = inFlight.popFirst() else {
            let text = reply.root.error.map { "; it says: \($0)" } ?? ""
            throw .protocolViolation("a reply to no command\(text)")
        }
        if let error = reply.root.error {
            call.fail(.server(error))
            if error.isDemotion { demote() }
        } else {
            call.completion(.success(reply))
        }
        closeIfDrained()
    }

    // MARK: Ending

    /// Closes the connection and fails the calls in flight: with `.lost` for this reason.
    func close(_ reason: String) {
        end(.lost("\(place): \(reason)"))
    }

    /// The server is no primary any more: it said so, or its sentinels name another one.
    func demote() {
        onDemotion?()
        onDemotion = nil
    }

    /// Closes the connection when the calls in flight have their replies. No further call may be sent. A call that blocks is not
    /// waited for: nothing will wake it there.
    func retire() {
        isRetired = true
        if inFlight.contains(where: { $0.id != 0 }) { close(Self.demotion) }
        closeIfDrained()
    }

    private func closeIfDrained() {
        if isRetired, inFlight.isEmpty { close(Self.demotion) }
    }

    private static let demotion = "the server is no primary any more"

    /// If the call is in flight, fails it as cancelled and closes the connection, as its reply may still come.
    func cancel(id: UInt64) {
        guard let index = inFlight.firstIndex(where: { $0.id == id }) else { return }
        inFlight.remove(at: index).fail(.closed)
        close("a blocking command was cancelled")
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer = DeadlineTimer(eventLoop: context.eventLoop) { [weak self] in self?.expire() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let moment = reader.isMidReply ? " in the middle of a reply" : ""
        end(.lost("\(place): the server closed the connection\(moment)\(hasHeard ? "" : hint)"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isOfTLS = error is NIOSSLError || error is NIOSSLExtraError
        end(.lost("\(place): \(ConnectFailure.text(of: error))\(hasHeard || isOfTLS ? "" : hint)"))
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(.lost("\(place): the connection is closed"))
        self.context = nil
    }

    private func expire() {
        let now = NIODeadline.now()
        guard let oldest = inFlight.map(\.deadline).min() else { return }
        guard oldest <= now else {
            timer?.arm(oldest)
            return
        }
        failInFlight { $0.deadline <= now ? .timedOut($0.timeout) : .lost("\(place): another command got no reply in time") }
        close("a command got no reply in time")
    }

    private func end(_ reason: RedisError) {
        guard ending == nil else { return }
        ending = reason
        timer?.disarm()
        failInFlight { _ in reason }
        context?.close(promise: nil)
        onEnd?(reason)
        onEnd = nil
    }

    private func failInFlight(_ error: (PendingCall) -> RedisError) {
        let failed = inFlight
        inFlight = CircularBuffer()
        for call in failed { call.fail(error(call)) }
    }
}

extension RedisError {
    fileprivate func located(at place: String) -> RedisError {
        switch self {
        case .protocolViolation(let reason): .protocolViolation("\(place): \(reason)")
        case .unreachable, .lost, .timedOut, .server, .refused, .closed: self
        }
    }
}
