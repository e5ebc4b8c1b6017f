//! The table of posts, and the functions that write and count them.

use std::time::{Duration, Instant};

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::Failure;
use crate::post::Post;
use crate::settings::Slow;

/// A post that is already there stays, because Kafka may deliver it again.
pub(crate) const INSERT: &str = "INSERT INTO posts (id, text) VALUES ($1, $2) ON CONFLICT DO NOTHING";

/// Connects, once the server is ready.
pub(crate) async fn connect(url: &str) -> Result<PgPool, Failure> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        match PgPoolOptions::new().max_connections(4).connect(url).await {
            Ok(pool) => return Ok(pool),
            Err(error) if Instant::now() > deadline => return Err(error.into()),
            // It accepts connections before it is ready.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Creates the table. With `is_slow`, each insert takes a while.
pub(crate) async fn create(pool: &PgPool, is_slow: bool) -> Result<(), Failure> {
    let mut statements = vec!["CREATE TABLE posts (id bigint PRIMARY KEY, text text NOT NULL)".to_owned()];
    if is_slow {
        let seconds = Slow::BY.as_secs_f64();
        statements.push(format!(
            "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; END $$"
        ));
        statements.push(
            "CREATE TRIGGER wait BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION wait()".to_owned(),
        );
    }
    for statement in statements {
        sqlx::raw_sql(&statement).execute(pool).await?;
    }
    Ok(())
}

/// Writes a post, through a pool of sqlx or through one that makes spans.
pub(crate) async fn store<'c>(pool: impl sqlx::PgExecutor<'c>, post: &Post) -> Result<(), Failure> {
    sqlx::query(INSERT).bind(i64::try_from(post.id)?).bind(&post.text).execute(pool).await?;
    Ok(())
}

/// Returns the number of stored posts.
pub(crate) async fn count(pool: &PgPool) -> Result<u64, Failure> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM posts").fetch_one(pool).await?;
    Ok(count.try_into()?)
}
