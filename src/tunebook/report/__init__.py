"""Results as text: findings, one offline page, terminal and notebook views (C12 D6 D8)."""
