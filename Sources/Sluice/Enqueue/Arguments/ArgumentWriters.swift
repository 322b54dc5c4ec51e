/// The members of an object.
struct ObjectWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ArgumentsEncoder
    var codingPath: [any CodingKey] { [] }

    private func start(_ key: Key) -> ArgumentsEncoder {
        encoder.append(name: key.stringValue)
        return encoder
    }

    func encodeNil(forKey key: Key) { start(key).appendNull() }
    func encode(_ value: Bool, forKey key: Key) { start(key).append(value) }
    func encode(_ value: String, forKey key: Key) { start(key).append(value) }
    func encode(_ value: Double, forKey key: Key) { start(key).append(value) }
    func encode(_ value: Float, forKey key: Key) { start(key).append(value) }
    func encode(_ value: Int, forKey key: Key) { start(key).append(value) }
    func encode(_ value: Int8, forKey key: Key) { start(key).append(value) }
    func encode(_ value: Int16, forKey key: Key) { start(key).append(value) }
    func encode(_ value: Int32, forKey key: Key) { start(key).append(value) }
    func encode(_ value: Int64, forKey key: Key) { start(key).append(value) }
    func encode(_ value: UInt, forKey key: Key) { start(key).append(value) }
    func encode(_ value: UInt8, forKey key: Key) { start(key).append(value) }
    func encode(_ value: UInt16, forKey key: Key) { start(key).append(value) }
    func encode(_ value: UInt32, forKey key: Key) { start(key).append(value) }
    func encode(_ value: UInt64, forKey key: Key) { start(key).append(value) }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try start(key).write(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        encoder.leaveToJSONEncoder().container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoder.leaveToJSONEncoder().unkeyedContainer()
    }
    func superEncoder() -> any Encoder { encoder.leaveToJSONEncoder() }
    func superEncoder(forKey key: Key) -> any Encoder { encoder.leaveToJSONEncoder() }
}

/// The elements of a list.
struct ListWriter: UnkeyedEncodingContainer {
    let encoder: ArgumentsEncoder
    private(set) var count = 0
    var codingPath: [any CodingKey] { [] }

    init(encoder: ArgumentsEncoder) { self.encoder = encoder }

    private mutating func start() -> ArgumentsEncoder {
        encoder.separate()
        count += 1
        return encoder
    }

    mutating func encodeNil() { start().appendNull() }
    mutating func encode(_ value: Bool) { start().append(value) }
    mutating func encode(_ value: String) { start().append(value) }
    mutating func encode(_ value: Double) { start().append(value) }
    mutating func encode(_ value: Float) { start().append(value) }
    mutating func encode(_ value: Int) { start().append(value) }
    mutating func encode(_ value: Int8) { start().append(value) }
    mutating func encode(_ value: Int16) { start().append(value) }
    mutating func encode(_ value: Int32) { start().append(value) }
    mutating func encode(_ value: Int64) { start().append(value) }
    mutating func encode(_ value: UInt) { start().append(value) }
    mutating func encode(_ value: UInt8) { start().append(value) }
    mutating func encode(_ value: UInt16) { start().append(value) }
    mutating func encode(_ value: UInt32) { start().append(value) }
    mutating func encode(_ value: UInt64) { start().append(value) }
    mutating func encode<Value: Encodable>(_ value: Value) throws { try start().write(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        encoder.leaveToJSONEncoder().container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder.leaveToJSONEncoder().unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder.leaveToJSONEncoder() }
}

/// A value that is neither an object nor a list.
struct SingleWriter: SingleValueEncodingContainer {
    let encoder: ArgumentsEncoder
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { encoder.appendNull() }
    func encode(_ value: Bool) { encoder.append(value) }
    func encode(_ value: String) { encoder.append(value) }
    func encode(_ value: Double) { encoder.append(value) }
    func encode(_ value: Float) { encoder.append(value) }
    func encode(_ value: Int) { encoder.append(value) }
    func encode(_ value: Int8) { encoder.append(value) }
    func encode(_ value: Int16) { encoder.append(value) }
    func encode(_ value: Int32) { encoder.append(value) }
    func encode(_ value: Int64) { encoder.append(value) }
    func encode(_ value: UInt) { encoder.append(value) }
    func encode(_ value: UInt8) { encoder.append(value) }
    func encode(_ value: UInt16) { encoder.append(value) }
    func encode(_ value: UInt32) { encoder.append(value) }
    func encode(_ value: UInt64) { encoder.append(value) }
    func encode<Value: Encodable>(_ value: Value) throws { try encoder.write(value) }
}
