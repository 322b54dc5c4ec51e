public import SluiceCore

/// The settings of a ``WebhookSender``.
public struct WebhookOptions: Sendable {
    /// The secrets that sign each body; at least one. Every secret adds a signature, so a secret can be rotated: add the new one,
    /// change it at the receivers, remove the old one.
    public var secrets: [WebhookSecret]
    /// The time a receiver has to answer, from the name lookup to the head of the response.
    public var timeout: Duration
    /// Failed attempts after which a notification is discarded.
    public var maxAttempts: Int
    /// The delay after a failed attempt. A receiver can ask for a longer one, up to a day.
    public var retry: RetryPolicy
    /// Addresses to allow although they are refused by default, such as private ones.
    public var allowed: [AddressRange]
    /// A PEM file of authorities to trust for https receivers, in addition to the system's.
    public var authorities: String?

    /// The default is twenty attempts over about half a day, with ten seconds each.
    public init(
        secrets: [WebhookSecret], timeout: Duration = .seconds(10), maxAttempts: Int = 20,
        retry: RetryPolicy = .exponential(base: .seconds(5), cap: .seconds(3600)), allowed: [AddressRange] = [],
        authorities: String? = nil
    ) {
        self.secrets = secrets
        self.timeout = timeout
        self.maxAttempts = maxAttempts
        self.retry = retry
        self.allowed = allowed
        self.authorities = authorities
    }
}
