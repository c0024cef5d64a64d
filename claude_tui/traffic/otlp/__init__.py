"""The OTLP receiver: calls that applications report by OpenTelemetry, without what they said."""
