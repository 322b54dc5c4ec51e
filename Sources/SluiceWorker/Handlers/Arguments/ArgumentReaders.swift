/// A value, for its type's `init(from:)`.
struct ValueReader: Decoder, SingleValueDecodingContainer {
    let document: ArgumentsDecoder
    let node: Int
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard document.nodes[node].kind == .object else { throw document.rare() }
        try document.checkNames(of: node)
        return KeyedDecodingContainer(ObjectReader(document: document, object: node))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard document.nodes[node].kind == .list else { throw document.rare() }
        return ListReader(document, list: node)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { document.isNull(node) }
    func decode(_ type: Bool.Type) throws -> Bool { try document.bool(at: node) }
    func decode(_ type: String.Type) throws -> String { try document.string(at: node) }
    func decode(_ type: Double.Type) throws -> Double { try document.float(type, at: node) }
    func decode(_ type: Float.Type) throws -> Float { try document.float(type, at: node) }
    func decode(_ type: Int.Type) throws -> Int { try document.integer(type, at: node) }
    func decode(_ type: Int8.Type) throws -> Int8 { try document.integer(type, at: node) }
    func decode(_ type: Int16.Type) throws -> Int16 { try document.integer(type, at: node) }
    func decode(_ type: Int32.Type) throws -> Int32 { try document.integer(type, at: node) }
    func decode(_ type: Int64.Type) throws -> Int64 { try document.integer(type, at: node) }
    func decode(_ type: UInt.Type) throws -> UInt { try document.integer(type, at: node) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try document.integer(type, at: node) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try document.integer(type, at: node) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try document.integer(type, at: node) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try document.integer(type, at: node) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try document.value(type, at: node) }
}

/// The members of an object.
struct ObjectReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let document: ArgumentsDecoder
    let object: Int
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { document.names(of: object).compactMap { Key(stringValue: $0) } }

    private func node(_ key: Key) throws -> Int {
        guard let node = document.member(key.stringValue, of: object) else { throw document.rare("no such member") }
        return node
    }

    func contains(_ key: Key) -> Bool { document.member(key.stringValue, of: object) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { document.isNull(try node(key)) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try document.bool(at: node(key)) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try document.string(at: node(key)) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try document.float(type, at: node(key)) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try document.float(type, at: node(key)) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try document.integer(type, at: node(key)) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try document.integer(type, at: node(key)) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try document.integer(type, at: node(key)) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try document.integer(type, at: node(key)) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try document.integer(type, at: node(key)) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try document.integer(type, at: node(key)) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try document.integer(type, at: node(key)) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try document.integer(type, at: node(key)) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try document.integer(type, at: node(key)) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try document.integer(type, at: node(key)) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try document.value(type, at: node(key))
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw document.rare() }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw document.rare() }
    func superDecoder() throws -> any Decoder { throw document.rare() }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw document.rare() }
}

/// The elements of a list.
struct ListReader: UnkeyedDecodingContainer {
    private let document: ArgumentsDecoder
    private let end: Int
    private var position: Int
    private(set) var currentIndex = 0
    let count: Int?
    var codingPath: [any CodingKey] { [] }
    var isAtEnd: Bool { position == end }

    init(_ document: ArgumentsDecoder, list: Int) {
        self.document = document
        position = list + 1
        end = Int(document.nodes[list].next)
        var count = 0
        var element = list + 1
        while element < end {
            count += 1
            element = Int(document.nodes[element].next)
        }
        self.count = count
    }

    /// Reads the next element. One that cannot be read stays the next.
    private mutating func next<Value>(_ read: (ArgumentsDecoder, Int) throws -> Value) throws -> Value {
        if isAtEnd { throw document.rare("no more elements") }
        let value = try read(document, position)
        position = Int(document.nodes[position].next)
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        if isAtEnd { throw document.rare("no more elements") }
        guard document.isNull(position) else { return false }
        return try next { _, _ in true }
    }
    mutating func decode(_ type: Bool.Type) throws -> Bool { try next { try $0.bool(at: $1) } }
    mutating func decode(_ type: String.Type) throws -> String { try next { try $0.string(at: $1) } }
    mutating func decode(_ type: Double.Type) throws -> Double { try next { try $0.float(type, at: $1) } }
    mutating func decode(_ type: Float.Type) throws -> Float { try next { try $0.float(type, at: $1) } }
    mutating func decode(_ type: Int.Type) throws -> Int { try next { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try next { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try next { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try next { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try next { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try next { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try next { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try next { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try next { try $0.integer(type, at: $1) } }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try next { try $0.integer(type, at: $1) } }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next { try $0.value(type, at: $1) } }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
        throw document.rare()
    }
    func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw document.rare() }
    func superDecoder() throws -> any Decoder { throw document.rare() }
}
