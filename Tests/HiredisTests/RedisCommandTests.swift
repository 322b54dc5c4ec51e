import CHiredis
import NIOCore
import Testing

@testable import Hiredis

@Suite struct RedisCommandTests {
    @Test func encodesWordsAsRedisReadsThem() throws {
        #expect(try encoded(["SET", "key", ""]) == "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$0\r\n\r\n")
    }

    @Test func keepsAnyBytes() throws {
        let all = (0...255).map { UInt8($0) } + [0, 0, 13, 10]
        var command: RedisCommand = ["SET"]
        command.append(contentsOf: all)
        command.append(all.lazy.map { $0 })
        all.withUnsafeBytes { command.append($0) }
        command.append("naïve 🚀 and long enough to be no small string")
        let words = try #require(try replies(in: [Array(buffer(command).readableBytesView)]).first?.root)
        #expect(
            words.elements.compactMap(\.bytes) == [
                Array("SET".utf8), all, all, all, Array("naïve 🚀 and long enough to be no small string".utf8),
            ])
    }

    @Test(arguments: [0, 7, 10, -1, 1_234_567_890, Int.max, Int.min])
    func writesNumbersInDecimal(number: Int) throws {
        var command: RedisCommand = ["X"]
        command.append(number)
        command.appendArgument(reserving: 4) { $0.append(number) }
        let text = String(number)
        #expect(try encoded(command) == "*3\r\n$1\r\nX\r\n$\(text.count)\r\n\(text)\r\n$\(text.count)\r\n\(text)\r\n")
    }

    @Test func buildsOneArgumentFromPieces() throws {
        var command = RedisCommand(reservingArguments: 2, bytes: 0)
        command.append("X")
        command.appendArgument(reserving: 10) { writer in
            writer.append("{\"n\":")
            writer.append(12)
            writer.append(contentsOf: Array(",".utf8))
            Array("\"a\"".utf8).withUnsafeBytes { writer.append($0) }
            writer.append(":0".utf8)
            writer.append(byte: UInt8(ascii: "}"))
        }
        command.append("end")
        #expect(try encoded(command) == "*3\r\n$1\r\nX\r\n$14\r\n{\"n\":12,\"a\":0}\r\n$3\r\nend\r\n")
        #expect(command.argumentCount == 3)
        #expect(command.byteCount == 18)
        #expect(command.name == "X")
    }

    @Test func refusesACommandWithoutAWord() {
        #expect(throws: RedisError.refused("a command without a word")) { try buffer([]) }
        #expect(RedisCommand([]).name == "")
    }

    @Test func refusesTooManyArguments() {
        var command: RedisCommand = ["X"]
        command.lengths += Array(repeating: 0, count: RedisCommand.mostArguments)
        #expect(throws: RedisError.self) { try buffer(command) }
    }

    @Test(arguments: [1, 9, 10, 11, 99, 100, 101, 1000, 65_535, 1_000_000])
    func writesWhatHiredisWrites(length: Int) throws {
        let command = RedisCommand(Array(repeating: "w", count: length % 2000) + [String(repeating: "x", count: length)])
        #expect(try buffer(command) == formatted(command))
    }

    /// The command as hiredis' own formatter writes it.
    private func formatted(_ command: RedisCommand) -> ByteBuffer {
        var target: UnsafeMutablePointer<CChar>?
        let length = command.bytes.withUnsafeBytes { bytes in
            var offset = 0
            var words: [UnsafePointer<CChar>?] = command.lengths.map { length in
                defer { offset += length }
                return bytes.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self)
            }
            return redisFormatCommandArgv(&target, Int32(command.lengths.count), &words, command.lengths)
        }
        defer { redisFreeCommand(target) }
        return ByteBuffer(bytes: UnsafeRawBufferPointer(start: target, count: Int(length)))
    }

    private func buffer(_ command: RedisCommand) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        try command.encode(into: &buffer)
        return buffer
    }

    private func encoded(_ command: RedisCommand) throws -> String {
        String(buffer: try buffer(command))
    }
}
