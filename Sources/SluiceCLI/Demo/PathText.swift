/// Encodes file names as text. A file name may be any bytes, so `%` and bytes that are not printable ASCII are written as `%FF`.
enum PathText {
    static func encode(_ path: [UInt8]) -> String {
        var text = ""
        for byte in path {
            if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    /// The path as system calls take it.
    static func terminated(_ path: [UInt8]) -> [CChar] { path.map { CChar(bitPattern: $0) } + [0] }

    /// Decodes a text; nil if two hexadecimal digits do not follow a `%`.
    static func decode(_ text: String) -> [UInt8]? {
        var path: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                path.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            path.append(value)
            rest = rest.dropFirst(2)
        }
        return path
    }
}
