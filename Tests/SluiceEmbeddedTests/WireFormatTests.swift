import Testing

@testable import SluiceEmbedded

struct WireFormatTests {
    @Test(arguments: [
        ("+PONG\r\n", "PONG"), (":12\r\n", "12"), ("-ERR no\r\n", "-ERR no"), ("$5\r\na\r\nbc\r\n", "a\r\nbc"), ("$-1\r\n", ""),
    ])
    func wholeReplies(bytes: String, text: String) {
        #expect(RedisProbe.wholeReply(Array(bytes.utf8)) == text)
        for cut in 0..<bytes.utf8.count {
            #expect(RedisProbe.wholeReply(Array(bytes.utf8.prefix(cut))) == nil, "cut at \(cut)")
        }
    }

    @Test(arguments: [("", #""""#), ("/a b", #""/a b""#), (#"q"\"#, #""q\"\\""#), ("l\nm", #""l\nm""#)])
    func configurationValuesAreQuoted(value: String, quoted: String) {
        #expect(RedisConfigurationFile.quoted(value) == quoted)
    }
}
