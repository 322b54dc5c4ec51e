/// A URL, split at its delimiters and percent-decoded.
struct URLParts {
    let scheme: String
    let user: String
    /// Nil if there is no colon after the user.
    let password: String?
    /// Hosts and ports, still encoded.
    let hosts: String
    let path: String
    let query: [String: String]

    init(_ url: String) throws(RedisURLError) {
        guard let separator = url.firstRange(of: "://") else {
            throw .noScheme
        }
        scheme = url[..<separator.lowerBound].lowercased()
        var rest = url[separator.upperBound...]
        guard !rest.contains("#") else { throw RedisURLError("the URL contains '#'; in a password write %23") }
        query = try Self.query(Self.cut(&rest, at: "?"))
        let path = rest.firstIndex(of: "/").map { rest[$0...] } ?? ""
        self.path = try Self.decoded(path, "path")
        let authority = rest[..<path.startIndex(orEndOf: rest)]
        guard let at = authority.lastIndex(of: "@") else {
            (user, password, hosts) = ("", nil, String(authority))
            return
        }
        var credentials = authority[..<at]
        let secret = Self.cut(&credentials, at: ":")
        user = try Self.decoded(credentials, "user")
        password = try secret.map { text throws(RedisURLError) in try Self.decoded(text, "password") }
        hosts = String(authority[authority.index(after: at)...])
    }

    /// The members of a list, at least one, in order and without repetition.
    func endpoints(defaultPort: Int) throws(RedisURLError) -> [RedisEndpoint] {
        var endpoints: [RedisEndpoint] = []
        let pieces = hosts.split(separator: ",", omittingEmptySubsequences: false)
        for piece in pieces {
            guard !piece.isEmpty || pieces.count == 1 else {
                throw RedisURLError("a host in the list is empty; write host:port,host:port")
            }
            let endpoint = try Self.endpoint(String(piece), defaultPort: defaultPort)
            if !endpoints.contains(endpoint) { endpoints.append(endpoint) }
        }
        return endpoints
    }

    static func endpoint(_ text: String, defaultPort: Int) throws(RedisURLError) -> RedisEndpoint {
        var name = text[...]
        var portText: Substring?
        if name.first == "[" {
            guard let end = name.firstIndex(of: "]") else { throw RedisURLError("the IPv6 address lacks its closing bracket") }
            portText = name[name.index(after: end)...]
            name = name[name.index(after: name.startIndex)..<end]
            if portText?.isEmpty == false, portText?.popFirst() != ":" { throw RedisURLError("the host cannot be read") }
        } else {
            guard name.count(where: { $0 == ":" }) < 2 else { throw RedisURLError("an IPv6 address stands in brackets") }
            portText = Self.cut(&name, at: ":")
        }
        guard !name.isEmpty else { throw RedisURLError("the URL has no host") }
        let host = try Self.decoded(name, "host")
        guard let portText, !portText.isEmpty else { return .tcp(host: host, port: defaultPort) }
        guard let port = UInt16(portText), port > 0 else { throw RedisURLError("the port must be a number from 1 to 65535") }
        return .tcp(host: host, port: Int(port))
    }

    /// Shortens `text` to the part before the first `delimiter`, and returns the part behind it; nil if there is none.
    private static func cut(_ text: inout Substring, at delimiter: Character) -> Substring? {
        guard let index = text.firstIndex(of: delimiter) else { return nil }
        defer { text = text[..<index] }
        return text[text.index(after: index)...]
    }

    private static func query(_ text: Substring?) throws(RedisURLError) -> [String: String] {
        var items: [String: String] = [:]
        for item in (text ?? "").split(separator: "&") {
            var name = item
            guard let value = cut(&name, at: "=") else { throw RedisURLError("the URL's query must be name=value pairs") }
            items[try decoded(name, "query")] = try decoded(value, "query")
        }
        return items
    }

    private static func decoded(_ text: Substring, _ what: String) throws(RedisURLError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            rest = rest.dropFirst(2)
            guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw RedisURLError("the URL's \(what) has a '%' without two hexadecimal digits") }
            bytes.append(value)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw RedisURLError("the URL's \(what) is not UTF-8")
        }
        return decoded
    }
}

extension Substring {
    /// The start of this piece of `whole`; the end of `whole` if the piece is empty.
    fileprivate func startIndex(orEndOf whole: Substring) -> Index { isEmpty ? whole.endIndex : startIndex }
}
