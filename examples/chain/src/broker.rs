//! Kafka: a real broker, or librdkafka's mock cluster in this process if there is none.

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use traced_actor_messaging_brokers_tests::{Server, kafka};

use crate::Failure;
use crate::post::POSTS;

/// A broker, which ends when it is dropped.
pub(crate) enum Broker {
    Process(Server),
    Mock(MockCluster<'static, DefaultProducerContext>),
}

impl Broker {
    /// Starts a broker with a topic.
    pub(crate) async fn start(is_mock: bool) -> Result<Self, Failure> {
        let Some(server) = (if is_mock { None } else { kafka() }) else {
            eprintln!("Kafka is the mock cluster of librdkafka");
            let cluster = MockCluster::new(1)?;
            cluster.create_topic(POSTS, 1, 1)?;
            return Ok(Self::Mock(cluster));
        };
        let broker = Self::Process(server);
        let admin: AdminClient<_> =
            ClientConfig::new().set("bootstrap.servers", broker.servers()).create()?;
        let topic = NewTopic::new(POSTS, 1, TopicReplication::Fixed(1));
        admin.create_topics([&topic], &AdminOptions::new()).await?;
        Ok(broker)
    }

    pub(crate) fn servers(&self) -> String {
        match self {
            Self::Process(server) => format!("127.0.0.1:{}", server.port()),
            Self::Mock(cluster) => cluster.bootstrap_servers(),
        }
    }
}
