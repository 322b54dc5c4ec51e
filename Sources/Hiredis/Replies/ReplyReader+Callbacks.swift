import CHiredis

extension ReplyReader {
    /// The functions that hiredis calls for each value it has read. If one returns nil, hiredis gives up.
    ///
    /// The returned pointer represents the value; hiredis only compares it with nil. Nothing needs freeing. The closures are
    /// untyped literals, so that the count of `createArray`, an `int` in 0.14 and wider in 1.x, fits both.
    static func callbacks() -> redisReplyObjectFunctions {
        var functions = redisReplyObjectFunctions()
        functions.createString = { task, bytes, length in
            task?.builder { $0.addText(type: $1, UnsafeRawBufferPointer(start: bytes, count: Int(length))) }
        }
        functions.createArray = { task, count in
            task?.builder { $0.addArray(type: $1, count: Int(count)) }
        }
        functions.createInteger = { task, value in
            task?.builder { builder, _ in builder.addInteger(Int(value)) }
        }
        functions.createNil = { task in
            task?.builder { $0.addNull(type: $1) }
        }
        return functions
    }
}

extension UnsafePointer<redisReadTask> {
    /// Runs `add` on the reader's builder. Returns the builder's address if it accepted the value, else nil.
    fileprivate func builder(_ add: (inout ReplyTapeBuilder, Int32) -> Bool) -> UnsafeMutableRawPointer? {
        guard let address = pointee.privdata else { return nil }
        let taken = add(&address.assumingMemoryBound(to: ReplyTapeBuilder.self).pointee, pointee.type)
        return taken ? address : nil
    }
}
